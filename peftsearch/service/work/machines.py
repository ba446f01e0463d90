"""Which machine this is, for what several of them write into one folder."""

import hashlib
import socket
from functools import cache
from pathlib import Path

_BOOT, _NAMESPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


@cache
def this_machine() -> str:
    """Whose numbers of processes these are: one machine from one start of it to the next, and of
    containers one each. Where the system tells neither, the name of the machine."""
    try:
        return f"{_BOOT.read_text(encoding='ascii').strip()}-{_NAMESPACE.stat().st_ino}"
    except OSError:
        return socket.gethostname()


@cache
def machine_mark() -> str:
    """By which the names of files are of this machine, also after it was started again."""
    try:
        container = _NAMESPACE.stat().st_ino
    except OSError:
        container = 0
    known = f"{socket.gethostname()}-{container}".encode()
    return f"-{hashlib.sha256(known).hexdigest()[:8]}"
