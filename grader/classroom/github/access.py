"""Manage who may write to a repository, and who is invited. An invitation expires after a week."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

from ..forge import Access, ForgeError, changed_readers
from .client import Client, GitHubError

_WRITES = frozenset({"write", "maintain", "admin"})
_READS = frozenset({"read"})


def ask_for_accounts(client: Client, logins: Sequence[str]) -> None:
    """Make sure that these accounts exist before a repository is made.

    A repository for a wrong login would have to be removed by hand.
    """
    for login in logins:
        if client.get(f"/users/{login}") is None:
            raise _nobody(login)


def _nobody(login: str) -> ForgeError:
    return ForgeError(
        f"GitHub has no account {login!r}, so nobody was invited; correct the login in the class list or staff.csv"
    )


@dataclass(frozen=True)
class Door:
    """Manage access to one repository, `/repos/ORG/NAME`."""

    client: Client
    path: str

    def access(self) -> dict[str, Access]:
        """Return who has access, by login in lower case.

        This costs two requests, which are free if nothing has changed.
        """
        invited = {
            login: Access.EXPIRED if expired else Access.INVITED for login, _, expired in self._invitations(_WRITES)
        }
        members = self.client.all(f"{self.path}/collaborators")
        return invited | {one["login"].lower(): Access.IN for one in members if one["role_name"] in _WRITES}

    def admit(self, logins: Sequence[str], *, is_new: bool = False) -> None:
        """Invite those who are neither members nor invited. Replace an expired invitation.

        is_new: the repository has just been made, so nobody is a member or invited
        """
        known = {} if is_new or not logins else self.access()
        for login in logins:
            state = known.get(login.lower(), Access.OUT)
            if state is Access.EXPIRED:
                self._withdraw(login, _WRITES)
            if state in (Access.OUT, Access.EXPIRED):
                self._invite(login)

    def let_read(self, logins: Sequence[str], *, dry_run: bool = False) -> list[str]:
        """Let these logins read, and take read access from all others. Leave those who may write alone.

        Replace expired invitations. Return one line for each change.
        """
        wanted = {login.lower(): login for login in logins}
        members = {one["login"].lower(): one["role_name"] for one in self._members()}
        invited = {login: expired for login, _, expired in self._invitations(_READS)}
        readers = {login for login, role in members.items() if role in _READS}
        new = wanted.keys() - members.keys() - {login for login, expired in invited.items() if not expired}
        gone = (readers | invited.keys()) - wanted.keys()
        if not dry_run:
            for login in (login for login, expired in invited.items() if expired or login in gone):
                self._withdraw(login, _READS)
            for login in sorted(readers & gone):
                self.client.remove(f"{self.path}/collaborators/{login}")
            for login in (login for login in wanted if login in new):
                self._invite(wanted[login], "pull")
        return changed_readers(new={wanted[login] for login in new}, gone=gone)

    def _members(self) -> Iterator[Any]:
        """List the people who were let into this repository, and not those who may enter by their role in the organisation."""
        return self.client.all(f"{self.path}/collaborators", affiliation="direct")

    def _invite(self, login: str, permission: str = "push") -> None:
        try:
            self.client.set("PUT", f"{self.path}/collaborators/{login}", {"permission": permission})
        except GitHubError as error:
            if error.status == 404:
                raise _nobody(login) from error
            raise

    def _withdraw(self, login: str, roles: Set[str]) -> None:
        for name, number, _ in self._invitations(roles):
            if name == login.lower():
                self.client.remove(f"{self.path}/invitations/{number}")

    def _invitations(self, roles: Set[str]) -> list[tuple[str, int, bool]]:
        """Return login, number and whether it has expired, for invitations to one of these roles.

        Skip invitations by mail, which have no login.
        """
        every = self.client.all(f"{self.path}/invitations")
        found = [one for one in every if one["invitee"] and one["permissions"] in roles]
        return [(one["invitee"]["login"].lower(), one["id"], bool(one.get("expired"))) for one in found]
