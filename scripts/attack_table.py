"""Write the tables of docs/security.md: attacks from tests/security/attacks.py, strategies from modules/STEM/audit.json.

    .venv/bin/python scripts/attack_table.py            writes between the markers
    .venv/bin/python scripts/attack_table.py --check    changes nothing; status 1 if a table is not up to date

The attacks themselves say what they try and how many points they may keep. This file says, in one sentence each, what stops them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "security"), str(ROOT / "tests")]

from attacks import ATTACKS, Attack  # noqa: E402  (the path above leads there)

from grader.course import load_course  # noqa: E402
from grader.course.layout import ModuleFiles  # noqa: E402

PAGE = ROOT / "docs" / "security.md"
TEST = "../tests/security/test_attacks.py"

MEETS = {
    "exit-at-import": "The warm process ends, and the report names the file that ended it.",
    "sys-exit-at-import": "The worker catches SystemExit like any exception; each check that needs the module fails with it.",
    "exit-at-call": "The process of one check ends. A check without an answer does not pass.",
    "system-exit-at-call": "It comes back as an ordinary exception of that check.",
    "keyboard-interrupt": "It comes back as an ordinary exception, because the trusted side knows only a closed list of types.",
    "patched-numpy": "Only the worker's NumPy is patched; the assertions run in another process with its own NumPy.",
    "patched-pytest": "The jail has no pytest, and nothing in it imports pytest.",
    "patched-builtins": "Only the builtins of one session change; the next check has fresh builtins.",
    "equals-everything": "The object stays in the jail. The suite holds a handle, which raises when it is compared.",
    "array-subclass": "Types are compared exactly: a subclass is not plain data, so it stays a handle.",
    "float-subclass": "Types are compared exactly: a subclass is not plain data, so it stays a handle.",
    "frames-and-gc": "The worker never held expected values or hidden code.",
    "files-and-proc": "The jail mounts Python, NumPy, the submission and the helpers, and no file of the staff.",
    "proc-memory": "The jail has no /proc and sees only its own processes.",
    "import-the-suite": "The jail has no modules of those names.",
    "forged-report-at-exit": "The score is in another process; bytes that are not an answer fail the check.",
    "background-forger": "Bytes on the control socket that are not an answer end the jail.",
    "thread-forger": "The suite compares this answer like any other, and only a right value passes.",
    "shadowing-modules": "The grader does not copy these files, and the report names them.",
    "own-helpers": "Helpers come from the staff's checkout; the submission's file of that name is not used.",
    "deaf-loop": "SIGKILL ends it at the check's time limit; no process can ignore SIGKILL.",
    "sleeper": "SIGKILL ends it at the check's time limit.",
    "loop-at-import": "All imports together may use 10 seconds; the report names the file.",
    "fork-bomb": "A second seccomp filter refuses new processes in a check; then the time limit ends it.",
    "fork-bomb-at-import": "RLIMIT_NPROC stops it and counts this submission alone; no check gets a process.",
    "thread-bomb": "RLIMIT_NPROC counts threads as well; then the time limit ends it.",
    "memory-bomb": "RLIMIT_AS gives a MemoryError, or the time limit ends the process while it fills the memory.",
    "mmap-bomb": "RLIMIT_AS and the size of the jail's own tmpfs stop it.",
    "disk-bomb": "Only two small tmpfs are writable, and they disappear with the jail; the size of a file is limited.",
    "output-bomb": "The grader drops output beyond 64 KiB; then the time limit ends the process.",
    "descriptor-bomb": "RLIMIT_NOFILE raises an OSError in that check.",
    "close-everything": "The process of one check loses its socket, and the check fails.",
    "kill-the-warm-process": "The check fails, and a fresh jail serves the next check.",
    "stop-the-warm-process": "The warm process does not answer in 2 seconds; a fresh jail serves the next check.",
    "kill-everything": "It reaches only the jail's own processes; a fresh jail serves the next check.",
    "network": "The jail's network namespace has no interface, and seccomp refuses sockets.",
    "become-root": "The worker has no capabilities, no new privileges; seccomp refuses namespaces, ptrace, mount and exec.",
    "hostile-length": "The decoder checks the length before it takes any memory.",
    "hostile-bytes": "Bytes that are not msgpack end the check.",
    "hostile-dtype": "The list of dtypes holds only plain numbers.",
    "hostile-symbol": "The submission's process may name only its own objects; the grader never looks a name up for it.",
    "hostile-shape": "Shape, dtype and the number of bytes must fit one another.",
    "hostile-nesting": "The decoder limits the depth.",
    "hostile-callback": "The submission can call only functions that the check handed out, with well-formed arguments.",
    "hostile-exception": "A name outside the list becomes a plain Exception, so the check fails.",
    "slow-drip": "The deadline covers the whole check, not each byte.",
    "endless-iterator": "The object stays a handle, and a comparison does not iterate a handle.",
    "colliding-keys": "The decoder limits the number of keys that are not text before it makes a dict.",
    "terminal-and-workflow": "Reports remove control characters, commands and markup from a submission's text.",
    "inputs-through-exceptions": "For a hidden check a student sees only the type of the exception, without text or output.",
    "exception-that-breaks-itself": "The worker reports that it could not make the text; the check fails.",
    "huge-exception": "Both processes cut long texts.",
    "recursion": "The check fails with a RecursionError.",
    "rewrite-the-warm-process": "Sessions can then talk to one another, but no expected value is ever in the jail.",
    "steal-the-control-socket": "It can only claim that a session has ended; no outcome passes over that socket.",
    "flood-the-control-socket": "Bytes that are not an answer end the jail; the next check gets a fresh jail.",
    "answer-before-the-test": "The suite compares the early answer like any other.",
    "processes-that-stay": "They count towards the submission's own limit of processes, and end with the jail.",
    "pass-descriptors": "The grader reads only the bytes, and the kernel closes the descriptors.",
    "unprintable-number": "The check fails, and the grader leaves the text of the number out.",
    "memory-of-the-grader": "A check receives at most 256 MiB, and the trusted process has a memory limit while a check runs.",
    "suites-own-exception": "An exception of the suite fails the check, even if the submission catches it.",
    "hide-in-files": "The jail mounts the package, the helpers and our own code read-only.",
    "warm-pages": "Seccomp refuses all ten. The files lie in memory, so all of their pages are always present.",
    "counters": "The jail has no /proc, and seccomp refuses the system calls that give the same numbers.",
    "takes-the-machine": "A submission is one scheduling group, and time limits leave out the time that others take.",
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the tables of docs/security.md.")
    parser.add_argument("--check", action="store_true", help="change nothing; status 1 if the table is not up to date")
    only_check = parser.parse_args().check
    found = problems()
    if found:
        sys.exit("\n".join(found))
    page = PAGE.read_text(encoding="utf-8")
    fresh = with_table(with_table(page, "attacks", table()), "strategies", strategies())
    if fresh == page:
        return
    if only_check:
        sys.exit(f"{PAGE.relative_to(ROOT)}: a table is not up to date; run scripts/attack_table.py")
    beside = PAGE.with_name(f".{PAGE.name}.tmp")
    beside.write_text(fresh, encoding="utf-8")
    beside.replace(PAGE)
    print(f"{PAGE.relative_to(ROOT)}: {len(ATTACKS)} attacks")


def problems() -> list[str]:
    """List attacks without a sentence, and sentences without an attack."""
    names = [attack.name for attack in ATTACKS]
    return [
        *(f"{name}: say in scripts/attack_table.py what this attack meets" for name in names if name not in MEETS),
        *(
            f"{name}: there is no such attack; remove it from scripts/attack_table.py"
            for name in MEETS.keys() - {*names}
        ),
    ]


def with_table(page: str, name: str, lines: str) -> str:
    """Return the page with a fresh table between the markers of that name."""
    first, last = f"<!-- {name}: written by scripts/attack_table.py -->", f"<!-- /{name} -->"
    before, begins, rest = page.partition(first)
    _, ends, after = rest.partition(last)
    if not begins or not ends:
        sys.exit(f"{PAGE.relative_to(ROOT)} lacks the lines {first} and {last}; the table goes between them")
    return f"{before}{first}\n\n{lines}\n{last}{after}"


def strategies() -> str:
    """Return the table of points that each strategy earns in each module; a cell is empty where a strategy does not apply."""
    course = load_course(ROOT / "course.yaml")
    audits = {one.stem: ROOT / ModuleFiles.of(one).audit for one in course.written}
    summary = {name: json.loads(path.read_text(encoding="utf-8"))["figures"] for name, path in audits.items()}
    names = list(dict.fromkeys(name for entry in summary.values() for name in entry["strategies"]))
    lines = [f"| module | points | {' | '.join(names)} |", "| --- | ---: |" + " ---: |" * len(names)]
    for module, entry in summary.items():
        earned = (str(entry["strategies"].get(name, "")) for name in names)
        lines.append(f"| {module} | {entry['max_points']} | {' | '.join(earned)} |")
    return "\n".join(lines) + "\n"


def table() -> str:
    lines = ["| attack | what it tries | what happens | points kept | test |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {a.name} | {cell(a.tries)} | {cell(MEETS[a.name])} | {kept(a)} | [`[{a.name}]`]({TEST}) |" for a in ATTACKS
    ]
    return "\n".join(lines) + "\n"


def kept(attack: Attack) -> str:
    return f"{'' if attack.exactly else 'at most '}{attack.earns}"


def cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
