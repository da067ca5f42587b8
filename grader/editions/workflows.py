"""Write the staff's workflows that depend on the course. They are made from `.github/templates/NAME.yml.j2` and committed.

Do not edit them. The templates write expressions as `{= … =}` and statements as `#% …`, since GitHub's own are `${{ … }}`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from jinja2 import Environment, StrictUndefined, TemplateError

from grader.course import Course
from grader.files import write_atomic

from .problems import EditionError

TEMPLATES = ".github/templates"
WORKFLOWS = ".github/workflows"
# Actions by their commit; people and updaters read the comment.
PINS = {
    "checkout": "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "setup_python": "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0",
    "upload": "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0",
    "download": "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
    "app_token": "actions/create-github-app-token@1b10c78c7865c340bc4f6099eb2f838309f1e8c3 # v3.1.1",
    "upload_pages": "actions/upload-pages-artifact@fc324d3547104276b827a68afc52ff2a11cc49c9 # v5.0.0",
    "deploy_pages": "actions/deploy-pages@cd2ce8fcbc39b97be8ca5fce6e763baed58fa128 # v5.0.0",
}
MINUTE = 17  # not on the hour, when most schedules start and GitHub drops some


def write(root: Path, course: Course) -> list[Path]:
    """Write the workflows that have changed, and return their paths."""
    touched = [
        (root / name, content) for name, content in _fresh(root, course).items() if not _is(root / name, content)
    ]
    for path, content in touched:
        write_atomic(path, content)
    return [path for path, _ in touched]


def drift(root: Path, course: Course) -> list[str]:
    """Return how the committed workflows differ from fresh ones, with one line for each file."""
    wanted = _fresh(root, course)
    return [
        f"{name} does not follow from {TEMPLATES}/{Path(name).name}.j2 and {course.path.name}. Edit these two, then run the build"
        for name, content in wanted.items()
        if not _is(root / name, content)
    ]


def schedule(course: Course) -> str:
    """Return cron times in UTC: after each time of day at which a module is due, and half a day later, in the term's months.

    due 23:59, January to May -> 17 0,12 * 1-5 *
    """
    dues = [module.due for module in course.modules]
    after = {(due.hour + (due.minute >= MINUTE)) % 24 for due in dues}
    hours = sorted(after | {(hour + 12) % 24 for hour in after})
    last = max(dues) + timedelta(days=course.policy.late_days_per_module)
    first = min(week.starts for week in course.weeks)
    return f"{MINUTE} {','.join(map(str, hours))} * {_months((first.year, first.month), last)} *"


def _months(first: tuple[int, int], last: datetime) -> str:
    """Write months as `1-5`, as `9-12,1-2` over a new year, or as `*` for a year and more."""
    year, month = first
    if (last.year - year) * 12 + last.month - month >= 11:
        return "*"
    if last.year == year:
        return _span(month, last.month)
    return f"{_span(month, 12)},{_span(1, last.month)}"


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _is(path: Path, content: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and path.read_bytes() == content


def _fresh(root: Path, course: Course) -> dict[str, bytes]:
    jinja = Environment(
        variable_start_string="{=",
        variable_end_string="=}",
        comment_start_string="{##",  # the shell uses `${#`
        comment_end_string="##}",
        line_statement_prefix="#%",
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    made: dict[str, bytes] = {}
    for template in sorted((root / TEMPLATES).glob("*.yml.j2")):
        try:
            page = jinja.from_string(template.read_text(encoding="utf-8"))
            text = page.render(course=course, schedule=schedule(course), **PINS)
        except TemplateError as error:
            where = f"{TEMPLATES}/{template.name}:{getattr(error, 'lineno', 1)}"
            raise EditionError([f"{where}: {error}"]) from error
        made[f"{WORKFLOWS}/{template.name.removesuffix('.j2')}"] = text.encode()
    return made
