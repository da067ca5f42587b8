"""Note which files of the repository a process opens. Python runs this file by itself in every process below the tests.

The tests' own process imports it as a module and keeps its notes in memory. In a process that inherits PYTHONPATH, Python
finds it as `sitecustomize`, AFFECTED_NOTES names the folder to write to, and AFFECTED_ROOT the repository. There, a zero byte
ends each note. A note is a kind and a path:

    import   a file that was imported into the tests' own process, where other tests may have imported before what it imports
    code     a file that was imported into a process of its own, which notes all its imports
    data     a file that was read, or a folder that was listed
    program  a folder of code, and
    tree     a folder of anything, that a child process may read without taking notes
    tool     a program of the machine that was started
"""

import itertools
import os
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
HERE = os.path.dirname(__file__)
ALIEN = (  # of no test's outcome: what tools keep for themselves
    *(".git", ".venv", ".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache", ".grader", "build"),
)
IMPORTERS = ("<frozen importlib", "_pytest/assertion/rewrite.py")
OURS = ("AFFECTED_NOTES", "AFFECTED_ROOT", "PYTHONPATH", "PWD", "OLDPWD", "PYTEST_CURRENT_TEST")
WORKER = "grader/sandbox/inside/worker.py"  # in its jail it finds its own folder, and copies of what it is to run
READS_ITS_ARGUMENTS = (  # programs that read nothing here but what their arguments name
    *("bwrap", "initdb", "ldconfig", "ldd", "pg_ctl", "sleep", "true", "uname"),
)
# git reads the folder in which it stands, unless it is told of another, or is asked for one of these
READS_NO_FOLDER = ("init", "clone", "ls-remote", "http-backend")


class Recorder:
    """The notes of this process. A change of `folder` begins new ones for its children.

    take: what keeps the notes of the tests' own process; begun: what hears of its children that take notes
    """

    def __init__(self, root):
        self.root = root
        self.folder = None
        self.seen = set()
        self.take = None
        self.begun = lambda: None
        self.process = os.getpid()
        self.environment = dict(os.environ)

    def start(self, folder):
        """Make children note in this folder from now on."""
        self.folder = folder
        self.seen = set()
        os.environ["AFFECTED_NOTES"] = folder
        os.environ["AFFECTED_ROOT"] = self.root
        paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        os.environ["PYTHONPATH"] = os.pathsep.join([HERE, *(path for path in paths if path and path != HERE)])

    def note(self, kind, path):
        line = f"{kind} {path}"  # a name may hold a line end
        if self.take is not None and os.getpid() == self.process:
            self.take(line)
            return
        if line in self.seen or self.folder is None:
            return
        self.seen.add(line)
        try:
            file = os.open(os.path.join(self.folder, str(os.getpid())), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            os.write(file, line.encode("utf-8", "surrogateescape") + b"\0")
            os.close(file)
        except (
            OSError
        ):  # a process that gave up its rights, in a jail or as another user: the rule for children covers it
            self.folder = self.take = None

    def inside(self, path, start=None):
        """The path below the root, without it; None for a path elsewhere, of a tool's, or that is no path."""
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, (str, os.PathLike)):
            return None
        path = os.path.normpath(os.path.join(os.getcwd(), os.fspath(start or ""), os.fspath(path)))
        if path == self.root:
            return "."
        if not path.startswith(self.root + os.sep):
            return None
        inside = path[len(self.root) + 1 :]
        return None if inside.split(os.sep)[0] in ALIEN else inside

    def opened(self, path):
        inside = self.inside(path)
        if inside is None:
            return
        imported = "import" if self.take is not None else "code"
        kind = imported if _by_import() else "data"
        folder, name = os.path.split(inside)
        if name.endswith(".pyc"):  # __pycache__/NAME.cpython-311.pyc stands for NAME.py
            inside, kind = os.path.join(os.path.dirname(folder), name.split(".")[0] + ".py"), imported
        if "__pycache__" not in inside:
            self.note(kind, inside)

    def started(self, arguments, cwd, env):
        """Note what a child process may read. A Python that gets our environment takes its own notes."""
        words = [os.fsdecode(word) for word in arguments if isinstance(word, (str, bytes, os.PathLike))]
        if words[:2] in (["sh", "-c"], ["/bin/sh", "-c"]) and len(words) > 4 and words[2].endswith('exec "$@"'):
            self.note("tool", words[0])  # it sets a limit and becomes the program that follows
            words = words[4:]
        given = {os.fsdecode(key): os.fsdecode(value) for key, value in (os.environ if env is None else env).items()}
        program = os.path.basename(words[0]) if words else ""
        python = program.startswith("python")
        paths = given.get("PYTHONPATH", "").split(os.pathsep)
        isolated = python and any(map(_isolates, words[1:4]))
        if python and "AFFECTED_NOTES" in given and HERE in paths and not isolated:
            self.begun()
            return
        if words and self.inside(words[0]) is None:
            self.note("tool", words[0])
        if any(word.endswith(WORKER) for word in words):
            self.note("program", os.path.dirname(WORKER))
            return
        stands_in_it = cwd is not None or program not in READS_ITS_ARGUMENTS
        if program == "git":
            stands_in_it = _git_stands_in_it(words, cwd is not None)
        values = [value for key, value in given.items() if self.environment.get(key) != value and key not in OURS]
        if program != "git" and program not in READS_ITS_ARGUMENTS:
            self.note("program", "grader")
            values += () if isolated else paths
        parts = [part for word in (*words, *values) for part in word.replace("=", ":").split(":") if os.sep in part]
        if stands_in_it:
            parts.append("")
        for inside in (self.inside(part, cwd) for part in parts):
            if inside is not None:
                self.note("program" if inside.startswith("grader") else "tree", inside)

    def __call__(self, event, arguments):
        if self.folder is None and self.take is None:
            return
        try:
            if event in ("open", "os.listdir", "os.scandir"):
                if not isinstance(arguments[0], int):
                    self.opened("." if arguments[0] is None else arguments[0])
            elif event == "subprocess.Popen":
                self.started(arguments[1], arguments[2], arguments[3])
            elif event in ("os.exec", "os.posix_spawn"):
                self.started(arguments[1], None, arguments[2])
            elif event == "os.fork":
                self.begun()
            elif event == "os.system":
                self.note("tree", ".")
            elif event in ("os.link", "os.symlink"):
                inside = self.inside(arguments[0])
                if inside is not None:
                    self.note("tree", inside)
        except FileNotFoundError:  # the folder in which this process stands is gone
            pass


def _by_import():
    """Whether the open that is announced is made by an import, perhaps by way of pathlib."""
    frame = sys._getframe(2).f_back  # None where Python itself opens the script that it is to run
    while frame is not None and os.path.basename(frame.f_code.co_filename) == "pathlib.py":
        frame = frame.f_back
    return frame is not None and any(name in frame.f_code.co_filename for name in IMPORTERS)


def _git_stands_in_it(words, put):
    """Whether git reads the folder in which it stands. `put`: it was put there on purpose."""
    asked = [word for last, word in itertools.pairwise(words) if last != "-c" and word != "-c"]
    if asked and asked[0] in ("version", "--version"):
        return False
    named = any(word == "-C" or word.startswith("--git-dir") for word in words)
    return put or not (named or "--stdin" in words or (asked and asked[0] in READS_NO_FOLDER))


def _isolates(word):
    """Whether this option of Python's makes it overlook PYTHONPATH, or this file."""
    return word.startswith("-") and not word.startswith("--") and bool(set(word) & set("IES"))


recorder = Recorder(os.environ.get("AFFECTED_ROOT", ROOT))

if __name__ == "sitecustomize" and os.environ.get("AFFECTED_NOTES"):
    recorder.start(os.environ["AFFECTED_NOTES"])
    sys.addaudithook(recorder)
