"""Use git so that no code of a student's runs: no checkout, no hook, no filter, and no configuration of theirs.

Trees and files are read as data (`ls-tree`, `cat-file --batch`), each is checked against the id under which it was found, and
commits are written with `fast-import`. There is never a working tree, in which git could run a filter or follow a link.

This project uses git in two ways. GitPython is for a clone that is ours alone: the students of the demonstration clone,
commit and push with it (`cli/demo.py`). It reads the configuration of the repository and of the user, and a configuration can
name programs. It sets no bound on an answer, and trusts that an object's content fits its name. So everything that comes from
a forge is read by this package: students' pushes, and also the template and the course's state. The last two belong to staff,
but they lie beside the students' repositories and come through the same interface, `Forge.workspace`. And if a failing disk
damages one of them, that must be noticed, since grades are made from it.
"""

from __future__ import annotations

from .bare import ABANDONED, Repository
from .handed_in import borrowed, heads_of, ls_remote, whole_commit_id
from .objects import Merge, NewCommit, Signature, TreeEntry, is_commit_id
from .process import RepositoryError, TooBig, TooSlow, run

__all__ = [
    "ABANDONED",
    "Merge",
    "NewCommit",
    "Repository",
    "RepositoryError",
    "Signature",
    "TooBig",
    "TooSlow",
    "TreeEntry",
    "borrowed",
    "heads_of",
    "is_commit_id",
    "ls_remote",
    "run",
    "whole_commit_id",
]
