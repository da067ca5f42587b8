"""Keep a submission ready: start its jail, open a connection for each test, and replace a jail that broke."""

from __future__ import annotations

import ctypes
import math
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from . import levels, library
from .faults import Ended, JailError, TimedOut, TooBusy
from .grouping import Group
from .jail import Jail
from .levels import Confinement, Limits
from .scheduling import KeptFromRunning, Late, Timer

if TYPE_CHECKING:
    from .connection import Connection

# All of these are seconds that the submission uses itself (scheduling.py); time that the machine keeps from it does not
# count.
IMPORT_SECONDS = 10.0
# The time that a submission may cost in all by breaking its own jail, beside the time limits of its checks: waiting for a
# warm process that does not answer, starting another, importing again.
REPLACING_SECONDS = 30.0
PR_SET_DUMPABLE = 4
ORDINARY_SECONDS = 0.1  # ending a session takes some milliseconds, so this much is free each time


class Host:
    """Serve one submission. Use as a context manager.

    The constructor starts a jail in the background; `begin()` waits until it is ready.
    package, helpers: folders for /submission and /helpers; they may be filled until `begin` is called
    highest: the level to try first, for tests and for machines known to lack a level
    transcripts: where to keep the messages of each session, in turn; default: nowhere
    """

    def __init__(
        self,
        package: Path,
        helpers: Path | None,
        *,
        highest: int = 3,
        limits: Limits | None = None,
        transcripts: list[list[tuple[bytes, bytes]]] | None = None,
    ) -> None:
        self._package, self._helpers = package, helpers
        self._transcripts = transcripts
        _undumpable()
        self.level = highest
        self.limits = limits or Limits()
        self._imports: list[str] = []
        self._notes: list[str] = []
        self._import_fault: str | None = None
        self._group = Group.make()
        self._jail: Jail | None = None
        self._next: socket.socket | None = None  # our end of the session for the next test
        self._replacing = 0.0  # seconds spent so far on replacing jails that the submission has broken
        self._start_jail()

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop_next()
        self._end_jail()
        if self._group is not None:
            self._group.remove()
            self._group = None

    def begin(self, imports: list[str], required: int) -> Confinement:
        """Wait for the jail and import the submission's modules. Try lower levels, down to `required`.

        If even that level fails, raise JailError and say how to mend it.
        """
        self._imports = imports
        while True:
            try:
                if self._jail is not None:
                    self._jail.wait()
                    break
            except JailError as error:
                self._notes.append(str(error))
            self._jail = None
            if self.level <= required:
                raise JailError(
                    f"this machine does not confine submissions at level {required}, which is asked for: "
                    f"{'; '.join(self._notes)}. To mend it: {levels.FIX}"
                )
            self.level -= 1
            self._start_jail()
        self._import()
        known = library.shortcomings() if self.level == 3 else levels.shortcomings(self.level)
        return Confinement(self.level, (*self._notes, *known))

    def connect(self, seconds: float, at_most: float = math.inf) -> Connection:
        """Open a session of `seconds` for one test. Replace a jail that the submission has broken.

        at_most: seconds by the clock after which the session is given up, whatever it has used

        Raise JailError only for trouble before any code of the submission runs in the jail. Later trouble is the submission's
        doing, and raises Ended.
        """
        peer, self._next = self._next, None
        if peer is None and self._import_fault is None:
            self._replace_jail()
            peer, self._next = self._next, None
        if self._jail is None or peer is None:
            raise Ended(self._import_fault or "the submission ended the process that its tests are forked from")
        from .connection import Connection  # not above: it needs NumPy, and the jail is to start before that

        jail = self._jail
        transcript: list[tuple[bytes, bytes]] | None = None
        if self._transcripts is not None:
            self._transcripts.append(transcript := [])
        return Connection(
            peer,
            seconds=seconds,
            output=jail.output_descriptor,
            drain=jail.drain,
            reading=jail.reading,
            at_most=at_most,
            transcript=transcript,
        )

    def disconnect(self, connection: Connection) -> tuple[int | None, str]:
        """End the test's session and everything it started.

        Return its exit status, if it ended by itself, and its output.
        """
        connection.close()
        if self._jail is None:
            return None, ""
        reaped = self._jail.reap(late=isinstance(connection.fault, TimedOut))
        self._charge(reaped.used)
        output = self._jail.take_output()
        if reaped.serves and self._import_fault is None:
            self._next = self._jail.open_session()  # the fork runs while pytest writes its report
        else:
            self._end_jail()
        return reaped.status, output

    def _charge(self, used: float) -> None:
        """Count the time, and stop serving a submission that has used up its share."""
        self._replacing += max(0.0, used - ORDINARY_SECONDS)
        if self._replacing > REPLACING_SECONDS:
            self._import_fault = f"the submission kept breaking its jail, for {REPLACING_SECONDS:g} seconds in all"

    @property
    def import_fault(self) -> str | None:
        """Return why no more tests can run: importing a module ended the process or did not end, or the jail broke too often."""
        return self._import_fault

    def _drop_next(self) -> None:
        if self._next is not None:
            self._next.close()
            self._next = None

    def _replace_jail(self, *, again: bool = True) -> None:
        if self._jail is not None:
            self._jail.kill()
        self._start_jail()
        if self._jail is None:
            raise JailError(self._notes[-1])
        timer = Timer(self._jail.reading, math.inf).go()
        self._jail.wait()
        self._charge(timer.used())
        self._charge(self._import(again=again))

    def _start_jail(self) -> None:
        try:
            self._jail = Jail(self._package, self._helpers, level=self.level, limits=self.limits, group=self._group)
        except (JailError, OSError) as error:
            self._notes.append(str(error))
            self._jail = None

    def _import(self, *, again: bool = True) -> float:
        """Import the submission's modules one at a time, and return the seconds that the submission has used for that.

        A module that breaks the process can then be named in the report.
        again: try once more if the process ended, since the machine may have killed it instead of the submission
        """
        assert self._jail is not None
        timer = Timer(self._jail.reading, IMPORT_SECONDS).go()
        for name in self._imports:
            try:
                if self._jail.import_module(name, timer):
                    continue
                what = "ended the process"
            except Late:
                what, again = f"did not end within {IMPORT_SECONDS:g} seconds", False
            except KeptFromRunning:
                self._end_jail()
                raise TooBusy(
                    f"importing {_file(name)} did not end: the machine was too busy with others to run it"
                ) from None
            if again:
                self._replace_jail(again=False)
            else:
                self._import_fault = f"importing {_file(name)} {what}"
                self._end_jail()
            return timer.used()
        self._next = self._jail.open_session()
        return timer.used()

    def _end_jail(self) -> None:
        if self._jail is not None:
            self._jail.kill()
            self._jail = None


def _file(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def _undumpable() -> None:
    """Make this process unreadable through /proc and unattachable, and leave no core file. Raise OSError if refused.

    Below level 3 a submission could otherwise read the trusted process's memory, since it may have the same user.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0):
        code = ctypes.get_errno()
        raise OSError(code, f"prctl(PR_SET_DUMPABLE) was refused: {os.strerror(code)}")
