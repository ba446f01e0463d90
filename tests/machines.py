"""A second machine, and one whose clock is set, as programs see them: namespaces of Linux."""

import subprocess

import pytest

_OTHER = ("unshare", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc")
_RENAMED = 'hostname elsewhere && exec "$@"'
_SET = (
    "stat=$(mktemp) && sed 's/^btime .*/btime 1000000000/' /proc/stat >$stat && "
    'mount --bind $stat /proc/stat && rm $stat && exec "$@"'
)


def other_machine() -> list[str]:
    """What starts a program as if on another machine, where the folders are the same: it sees
    other processes and has another name."""
    return _checked([*_OTHER, "sh", "-c", _RENAMED, "sh"])


def other_time() -> list[str]:
    """What starts a program as if the clock had been set back by years since others began: Linux
    counts all times of processes from the machine's start, which moves with the clock."""
    return _checked(["unshare", "--mount", "sh", "-c", _SET, "sh"])


def _checked(command: list[str]) -> list[str]:
    if subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("namespaces cannot be made here")
    return command
