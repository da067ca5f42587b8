"""List the targets by name, and the first inputs: real messages and texts that others have tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.gradebook.making import SECRET, record
from tests.reports.hostile import HOSTILE
from tests.sandbox.seeds import messages

from . import boundary, written

CORPUS = Path(__file__).with_name("corpus")
TARGETS: dict[str, Callable[[bytes], None]] = {
    "decode": boundary.decode,
    "connection": boundary.connection,
    "session": boundary.session,
    "texts": written.texts,
    "reports": written.reports,
    "terminal": written.terminal,
    "records": written.records,
    "paths": written.paths,
}
# words with a meaning for some reader; the fuzzer puts them into its inputs
WORDS: dict[str, tuple[str, ...]] = {
    "reports": (
        "<script>", "<img src=x onerror=a>", "</details>", "<details>", "</pre>", "<!--", "::error::", "##[error]", "@all",
        "```", "~~~", "\n# ", "\n---\n", "[a](b)", "![a](b)", "|", "\\", "`", "&#60;", "\x1b[31m", "\u202e", "\u2028", "\r",
        "https://a.b", "www.a.b", "\n    ", "{{", "<?", "<![CDATA[", "]]>", "&", '"', "'",
    ),
    "paths": ("tinytorch/", "__init__.py", ".py", "conftest.py", "..", "/", ".pth", "numpy", "TINYTORCH/", "./"),
}  # fmt: skip
WORDS["texts"] = WORDS["terminal"] = WORDS["reports"]


def begin_with(target: str) -> Iterator[bytes]:
    """Return the first inputs."""
    bodies = sorted(messages().values())
    hostile = [text[:2000].encode("utf-8", "surrogatepass") for text in HOSTILE.values()]
    match target:
        case "decode":
            yield from bodies
        case "connection" | "session":
            yield from (boundary.framed(*bodies[start : start + 4]) for start in range(0, len(bodies), 4))
            yield from (boundary.framed(body) for body in bodies)
        case "texts":
            yield from hostile
        case "reports" | "terminal":
            yield from (bytes(range(start, start + 9)) + written.SEPARATOR + text for start, text in enumerate(hostile))
            yield bytes(range(9)) + written.SEPARATOR + written.SEPARATOR.join(hostile)
        case "records":
            yield record().signed(b"another secret of the course").to_json().encode()
            yield record().signed(SECRET).to_json().replace('"points": 10', '"points": 11').encode()
        case "paths":
            names = [
                "tinytorch/tensor.py",
                "tinytorch/sub/a.py",
                "conftest.py",
                "tinytorch/../x.py",
                "tinytorch/Tensor.py",
            ]
            yield b"\0".join(b"\x10" + name.encode() for name in names)
            yield b"\0".join(b"\x10tinytorch/m%d.py" % number for number in range(120))


def corpus(target: str) -> list[Path]:
    """Return the kept inputs of one target, all found by the long run."""
    return sorted(path for path in (CORPUS / target).glob("*") if path.is_file())
