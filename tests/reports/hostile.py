"""List texts that a submission might write to attack the program that shows them."""

from __future__ import annotations

HOSTILE = {
    "ansi": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]8;;http://evil.example\x1b\\link \x9b31m \x1bc",
    "html": "</pre></details></summary></td></table><script>alert(1)</script><img src=x onerror=alert(1)><!--",
    "workflow": "::set-output name=score::60\n  ::error file=a::b\n\t::add-mask::x\n##[error]old\n%0A::stop-commands::z",
    "fences": "```\n# heading\n````\n~~~\n`````````\n</details>\n- item",
    "ticks": "a ` b `` c <b>d</b> @e ` f ``` <i>g</i> `",
    "mention": "@everyone @course/staff #1 course/repo#2 GH-3 https://evil.example",
    "bidi": "\u202egnol\u202c \u2066a\u2069 \u200b\u200f\ufeff\u061c \U000e0041",
    "table": "a | b \\| c \\\\| d\n| --- |\n| x |",
    "jinja": "{{ 7 * 7 }} {% raw %} {# #}",
    "rich": "[bold red]x[/] [link=http://evil.example]y[/link] [/never opened] [/",
    "control": "a\x00b\x07c\x08d\x7fe\rf\x0bg\x85h\u2028i",
    "surrogate": "a\ud800b\udfffc",
    "zalgo": "Z" + "\u0301" * 500,
    "long line": "x" * 200_000,
    "ten megabytes": "0123456789abcde\n" * 655_360,
}
