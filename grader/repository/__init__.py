"""Git, so that nothing of a student's runs: no checkout, no hook, no filter, no configuration of theirs.

Trees and files are read as data (`ls-tree`, `cat-file --batch`), each is checked against the id it is found under, and commits
are written with `fast-import`. There is never a working tree for git to run a filter or follow a link in.

There are two ways to git in this project. GitPython is for a clone that is ours alone: the students of the demonstration
clone, commit and push with it (`cli/demo.py`). It reads the configuration of the repository and of the user, and a
configuration can name programs; it puts no bound on an answer, and believes that an object is what its name says. So all that
comes from a forge is read here: what students push, and also the template and the course's state. Those two are staff's, but
they lie beside the students' repositories and come through the same interface, `Forge.workspace`. And what a failing disk does
to one of them must be seen, since grades are made of it.
"""

from __future__ import annotations

from .bare import ABANDONED, Repository
from .objects import Merge, NewCommit, Signature, TreeEntry, is_commit_id
from .process import RepositoryError, TooBig, TooSlow, run
from .sources import borrowed, heads_of, ls_remote, whole_commit_id

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
    "is_full",
    "ls_remote",
    "run",
    "whole_commit_id",
]
