"""Python programs of tests that start with the libraries loaded.

A program of peftsearch loads torch, transformers and peft for some ten seconds of a processor, and
the tests start hundreds. Within `warm()` each is a copy (a fork) of a process that has loaded the
libraries and nothing of peftsearch, and so are the programs that it starts itself. It is a process
of its own all the same: with its own arguments, environment, folder, session and exit code, and a
child of the one that started it, which may wait for it, signal it and kill it. Lists of processes
tell its own command line.

How: a server is asked through a socket with the files to use. It forks twice and lets the process
in between end, while the one that asked is the reaper of orphans (Linux): so the copy becomes its
child. Each copy keeps a server of its own, made before anything else ran in it.
"""

import atexit
import contextlib
import ctypes
import fcntl
import gc
import importlib
import inspect
import json
import multiprocessing.util
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

LIBRARIES = (
    *("torch", "torch._dynamo", "transformers", "transformers.masking_utils", "peft"),
    *("gpytorch", "sklearn.linear_model", "sklearn.model_selection", "scipy.stats", "pandas"),
    *("sqlalchemy", "pyarrow.parquet", "rich.live", "typer", "fastapi", "uvicorn"),
    *("sklearn.feature_extraction.text", "matplotlib.figure", "alembic.command", "psycopg"),
)
_BYTES = 180_000
"""Of one request: what a socket of packets takes at once."""
_HIGH = 400
"""No file that a program starts with has a number from here on."""
_ROOM = 4000
"""Bytes that the server's command line leaves for those of its copies."""
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of Linux
_cold_child: Any = subprocess.Popen._execute_child  # type: ignore[attr-defined]
_cold_spawn: Any = multiprocessing.util.spawnv_passfds
_signature = inspect.signature(_cold_child)
_lock = threading.Lock()
_server: socket.socket | None = None
"""Of this process, where it has one."""
_server_pid = 0
"""Of that of a copy."""


@contextlib.contextmanager
def warm() -> Iterator[None]:
    """Python programs that are started within the block have the libraries loaded, on Linux."""
    if sys.platform != "linux":
        yield
        return
    if _server is None:
        _start_server()
    _patch(_warm_child, _warm_spawn)
    try:
        yield
    finally:
        _patch(_cold_child, _cold_spawn)


def _patch(child: Any, spawn: Any) -> None:
    subprocess.Popen._execute_child = child  # type: ignore[attr-defined]
    multiprocessing.util.spawnv_passfds = spawn


def _start_server() -> None:
    global _server
    _server, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    code = "import sys; sys.path[:1] = [sys.argv[1]]; import warm_python; warm_python.main()"
    command = [sys.executable, "-c", code, str(Path(__file__).parent), str(theirs.fileno())]
    command.append(" " * _ROOM)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=environment,
        pass_fds=[theirs.fileno()],
        start_new_session=True,
    )
    atexit.register(process.kill)
    theirs.close()


def _warm_child(process: "subprocess.Popen[Any]", *values: Any) -> None:
    """In place of `subprocess.Popen._execute_child`."""
    given = types.SimpleNamespace(**_signature.bind(process, *values).arguments)
    arguments = [os.fsdecode(x) for x in given.args] if not isinstance(given.args, str) else []
    if arguments[:1] != [sys.executable] or arguments[1] not in ("-m", "-c") or given.preexec_fn:
        _cold_child(process, *values)
        return
    standard = (given.p2cread, given.c2pwrite, given.errwrite)
    files = {target: fd if fd >= 0 else target for target, fd in enumerate(standard)}
    files |= {fd: fd for fd in given.pass_fds}
    process.pid = _ask(arguments, files, given.cwd, given.env, given.start_new_session)
    process._child_created = True  # type: ignore[attr-defined]
    ends = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
    process._close_pipe_fds(*(getattr(given, x) for x in ends))  # type: ignore[attr-defined]


def _warm_spawn(path: str, arguments: Sequence[str], files: Sequence[int]) -> int:
    """In place of `multiprocessing.util.spawnv_passfds`."""
    if arguments[-1] != "--multiprocessing-fork":
        return int(_cold_spawn(path, arguments, files))
    code = arguments.index("-c")
    return _ask([path, *arguments[code:]], {fd: fd for fd in (0, 1, 2, *files)}, None, None, False)


def _ask(
    arguments: Sequence[str],
    files: Mapping[int, int],
    folder: Any,
    environment: Mapping[Any, Any] | None,
    session: bool,
) -> int:
    """Start a program; its process id."""
    known = os.environ if environment is None else environment
    request = {
        "arguments": list(arguments[1:]),
        "targets": list(files),
        "folder": os.fsdecode(folder) if folder else os.getcwd(),
        "environment": {os.fsdecode(k): os.fsdecode(v) for k, v in known.items()},
        "session": session,
    }
    reap = ctypes.CDLL(None).prctl
    with _lock:
        assert _server is not None
        reap(_SUBREAPER, 1, 0, 0, 0)
        socket.send_fds(_server, [json.dumps(request).encode()], list(files.values()))
        pid = int(_server.recv(100))
        reap(_SUBREAPER, 0, 0, 0, 0)
    return pid


def main() -> None:
    """The server, and each of its copies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in LIBRARIES:
        importlib.import_module(name)
    sys.path[:1] = []
    gc.collect()
    gc.freeze()
    request = _serve(int(sys.argv[2]))
    while "--multiprocessing-fork" not in request["arguments"]:
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
        if pid:
            theirs.close()
            _keep(mine, pid)
            break
        mine.close()
        _close_standard()
        request = _serve(theirs.detach())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code: Any = 0
    try:
        _run(request["arguments"])
    except SystemExit as ended:
        code = ended.code or 0
        if not isinstance(code, int):
            raise
    _end(code)


def _end(code: int) -> None:
    """As Python does, with threads, exit handlers and streams, except that what is loaded is not
    freed: the system does that. Python needs 0.8 seconds of a processor for all the libraries."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
        if _server_pid:  # else it would outlive this process for a moment
            os.kill(_server_pid, signal.SIGKILL)
            os.waitpid(_server_pid, 0)
        os._exit(code & 0xFF)
    sys.exit(code)  # Python says what it could not write


def _keep(server: socket.socket, pid: int) -> None:
    global _server, _server_pid
    _server, _server_pid = server, pid
    _patch(_warm_child, _warm_spawn)


def _close_standard() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)


def _serve(fd: int) -> dict[str, Any]:
    """Returns in each copy, with what it is to do; the server ends with the one that asks."""
    server = socket.socket(fileno=fd)
    while True:
        message, files, _, _ = socket.recv_fds(server, _BYTES, 100)
        if not message:
            os._exit(0)
        born, tell = os.pipe()
        wait, go = os.pipe()
        middle = os.fork()
        if not middle:
            if os.fork():
                os._exit(0)
            os.write(tell, str(os.getpid()).encode())
            os.close(go)
            os.read(wait, 1)
            server.detach()
            return _take_place(json.loads(message), files)
        pid = os.read(born, 100)
        os.waitpid(middle, 0)
        for fd in (born, tell, wait, go, *files):
            os.close(fd)
        server.send(pid)


def _take_place(request: dict[str, Any], files: Sequence[int]) -> dict[str, Any]:
    """Be the process that was asked for, but for what it runs."""
    if request["session"]:
        os.setsid()
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, _HIGH) for fd in files]
    os.closerange(3, _HIGH)
    for fd, target in zip(high, request["targets"], strict=True):
        os.dup2(fd, target)
        os.close(fd)
    _tell_command([sys.executable, *request["arguments"]])
    os.chdir(request["folder"])
    former = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [x for x in sys.path if x not in former]
    os.environ.clear()
    os.environ.update(request["environment"])
    added = os.environ.get("PYTHONPATH", "")
    sys.path[:0] = added.split(os.pathsep) if added else []
    return request


def _tell_command(command: list[str]) -> None:
    """Write it where the system looks for it, over the server's; what has no room is cut."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = (int(x) for x in fields[45:47])  # `arg_start` and `arg_end`
    told = b"\0".join(map(os.fsencode, command))[: end - start - 1]
    ctypes.memmove(start, told.ljust(end - start, b"\0"), end - start)


def _run(arguments: list[str]) -> None:
    """`-m MODULE ...` or `-c CODE ...`, as Python does."""
    kind, what, *rest = arguments
    sys.argv[:] = [kind, *rest]
    if not os.environ.get("PYTHONSAFEPATH"):
        sys.path.insert(0, os.getcwd() if kind == "-m" else "")
    if kind == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        module = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(what, "<string>", "exec"), module.__dict__)
