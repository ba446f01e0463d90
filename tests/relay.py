"""Commands of a shell that the tests' own process runs in its place, and so may start warm."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_CLIENT = """#!{python} -SE
import json, os, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as relay:
    relay.connect({address!r})
    asked = [{name!r}, sys.argv[1:], os.getcwd(), dict(os.environ)]
    socket.send_fds(relay, [json.dumps(asked).encode()], [0, 1, 2])
    code = int(relay.recv(100))
sys.exit(code if code >= 0 else 128 - code)
"""


@contextmanager
def relayed(names: Sequence[str]) -> Iterator[Path]:
    """A folder for `PATH` with a command for each Python module, until the block ends."""
    with (
        tempfile.TemporaryDirectory() as made,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as relay,
    ):
        folder = Path(made)
        relay.bind(str(folder / "relay"))
        relay.listen()
        for name in names:
            values = {"python": sys.executable, "address": str(folder / "relay"), "name": name}
            (folder / name).write_text(_CLIENT.format(**values))
            (folder / name).chmod(0o755)
        threading.Thread(target=_serve, args=(relay,), daemon=True).start()
        yield folder
        relay.shutdown(socket.SHUT_RDWR)


def _serve(relay: socket.socket) -> None:
    while True:
        try:
            asker, _ = relay.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(asker,), daemon=True).start()


def _answer(asker: socket.socket) -> None:
    """Run what is asked for with the files of the one that asks; both parts of a pipe at once."""
    with asker:
        message, files, _, _ = socket.recv_fds(asker, 180_000, 3)
        name, arguments, folder, environment = json.loads(message)
        command = [sys.executable, "-m", name, *arguments]
        given, out, err = files
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=given, stdout=out, stderr=err
        )
        for file in files:
            os.close(file)
        asker.send(str(process.wait()).encode())
