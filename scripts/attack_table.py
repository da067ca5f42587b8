"""Write the tables of docs/security.md: attacks from tests/security/attacks.py, strategies from docs/audit/summary.json.

    .venv/bin/python scripts/attack_table.py            writes between the markers
    .venv/bin/python scripts/attack_table.py --check    changes nothing; status 1 if a table is not up to date

What an attack tries and what it may keep comes from the attacks themselves; what it meets is said here, one sentence each.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "security"), str(ROOT / "tests")]

from attacks import ATTACKS, Attack  # noqa: E402  (the path above leads there)

PAGE = ROOT / "docs" / "security.md"
SUMMARY = ROOT / "docs" / "audit" / "summary.json"
TEST = "../tests/security/test_attacks.py"

MEETS = {
    "exit-at-import": "The warm process ends; the module's file is named as the one that ended it.",
    "sys-exit-at-import": "SystemExit is caught as any exception; each check that needs the module fails with it.",
    "exit-at-call": "One check's process ends, and no answer is no pass.",
    "system-exit-at-call": "It comes back as an ordinary exception of that check.",
    "keyboard-interrupt": "It comes back as an ordinary exception; the trusted side knows a closed list of types.",
    "patched-numpy": "The patched NumPy is the worker's own; the assertions use another process's.",
    "patched-pytest": "There is no pytest in the jail, and nothing that asks for one.",
    "patched-builtins": "The builtins are the worker's own, and of one session: the next check has fresh ones.",
    "equals-everything": "It stays in the jail as a handle; a handle is no array, and comparing one raises.",
    "array-subclass": "Types are compared exactly: a subclass is not plain data, so it stays a handle.",
    "float-subclass": "Types are compared exactly: a subclass is not plain data, so it stays a handle.",
    "frames-and-gc": "Expected values and hidden code were never in this process.",
    "files-and-proc": "The jail mounts Python, NumPy, the submission and the helpers, and nothing of the staff's.",
    "proc-memory": "There is no /proc in the jail, and no process but its own.",
    "import-the-suite": "There is nothing by those names to import.",
    "forged-report-at-exit": "The score is in another process; bytes that are no answer fail the check.",
    "background-forger": "Bytes on the control socket that are no answer end the jail.",
    "thread-forger": "An answer is only ever data of the submission's; what it claims is compared like any other.",
    "shadowing-modules": "They are not copied, and the report names them.",
    "own-helpers": "The suite's helpers come from the staff's checkout; a file of that name is not copied or not used.",
    "deaf-loop": "SIGKILL at the check's time limit, which cannot be ignored.",
    "sleeper": "SIGKILL at the check's time limit.",
    "loop-at-import": "The import may use 10 seconds in all; the file is named.",
    "fork-bomb": "A check's process may not make processes: a second seccomp filter; then the time limit.",
    "fork-bomb-at-import": "RLIMIT_NPROC, which counts this submission alone; no check gets a process.",
    "thread-bomb": "RLIMIT_NPROC counts threads as well; then the time limit.",
    "memory-bomb": "RLIMIT_AS: a MemoryError, or the time limit while the memory is being filled.",
    "mmap-bomb": "RLIMIT_AS and the size of the jail's own tmpfs.",
    "disk-bomb": "All is read-only but two small tmpfs, which go with the jail; files have a largest size.",
    "output-bomb": "Output is read and dropped beyond 64 KiB; then the time limit.",
    "descriptor-bomb": "RLIMIT_NOFILE: an OSError of that check.",
    "close-everything": "One check's process loses its socket, and the check fails.",
    "kill-the-warm-process": "The check fails, and a fresh jail serves the next one.",
    "stop-the-warm-process": "It does not answer in 2 seconds; a fresh jail serves the next check.",
    "kill-everything": "Only the jail's own processes can be reached; a fresh jail serves the next check.",
    "network": "A network namespace without an interface, and no sockets by seccomp.",
    "become-root": "No capabilities, no new privileges; seccomp refuses namespaces, ptrace, mount and exec.",
    "hostile-length": "The length is checked before any memory is taken.",
    "hostile-bytes": "What is no msgpack ends the check.",
    "hostile-dtype": "Only dtypes of plain numbers are on the list.",
    "hostile-symbol": "The submission's process may name its own objects only; nothing is looked up for it.",
    "hostile-shape": "Shape, dtype and the number of bytes must fit one another.",
    "hostile-nesting": "Depth is limited by the decoder.",
    "hostile-callback": "Only a function that the check has handed out can be called, with well-formed arguments.",
    "hostile-exception": "A name outside the list of exceptions is a plain Exception, so the check fails.",
    "slow-drip": "The deadline is for the whole check, not for a byte.",
    "endless-iterator": "It stays a handle, and is not iterated by a comparison.",
    "colliding-keys": "Keys that are not text are limited in number, before a dict is made of them.",
    "terminal-and-workflow": "Reports clean what a submission wrote: no control characters, commands or markup.",
    "inputs-through-exceptions": "Of a hidden check a student sees the exception's type, no text and no output.",
    "exception-that-breaks-itself": "The worker says that the text could not be made; the check fails.",
    "huge-exception": "Texts are cut on both sides.",
    "recursion": "A RecursionError of that check.",
    "rewrite-the-warm-process": "Sessions then meet one another, which earns nothing: no expected value is ever in the jail.",
    "steal-the-control-socket": "What it can say there is that a session has ended; no outcome passes over that socket.",
    "flood-the-control-socket": "What is no answer ends the jail; the next check, if any, gets a fresh one.",
    "answer-before-the-test": "It has answered before it was asked, with data that is compared like any other.",
    "processes-that-stay": "They count against the submission's own limit of processes, and end with the jail.",
    "pass-descriptors": "Bytes are read and descriptors are not: the kernel closes them.",
    "unprintable-number": "The check fails; a text that cannot be made is not made.",
    "memory-of-the-grader": "A check receives at most 256 MiB, and the trusted process has a limit while a check runs.",
    "suites-own-exception": "An exception of the suite's own, let through or claimed, fails the check all the same.",
    "hide-in-files": "The package, the helpers and our own code are mounted read-only.",
    "warm-pages": "Seccomp refuses all ten; the files lie in memory, where they are always there.",
    "counters": "There is no /proc in the jail, and the system calls that tell the same are refused.",
    "takes-the-machine": "A submission is one scheduling group, and time limits leave out what the machine keeps from others.",
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
    """Attacks without a sentence, and sentences without an attack."""
    names = [attack.name for attack in ATTACKS]
    return [
        *(f"{name}: say in scripts/attack_table.py what this attack meets" for name in names if name not in MEETS),
        *(
            f"{name}: there is no such attack; remove it from scripts/attack_table.py"
            for name in MEETS.keys() - {*names}
        ),
    ]


def with_table(page: str, name: str, lines: str) -> str:
    """The page with a fresh table between the markers of that name."""
    first, last = f"<!-- {name}: written by scripts/attack_table.py -->", f"<!-- /{name} -->"
    before, begins, rest = page.partition(first)
    _, ends, after = rest.partition(last)
    if not begins or not ends:
        sys.exit(f"{PAGE.relative_to(ROOT)} lacks the lines {first} and {last}, which the table goes between")
    return f"{before}{first}\n\n{lines}\n{last}{after}"


def strategies() -> str:
    """Points that each strategy earns of each module; nothing where a module has not what it needs."""
    summary = json.loads(SUMMARY.read_text(encoding="utf-8"))
    names = list(dict.fromkeys(name for entry in summary.values() for name in entry.get("strategies", {})))
    lines = [f"| module | points | {' | '.join(names)} |", "| --- | ---: |" + " ---: |" * len(names)]
    for module, entry in summary.items():
        earned = (str(entry.get("strategies", {}).get(name, "")) for name in names)
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
