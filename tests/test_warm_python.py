"""Programs that start warm end as others do."""

import os
import subprocess
import sys

import pytest

from tests.warm_python import warm

PROGRAMS = {
    "nothing": "print('said')",
    "a code": "import sys; print('said'); sys.exit(3)",
    "a large code": "import sys; sys.exit(259)",
    "a negative code": "import sys; sys.exit(-2)",
    "true": "import sys; sys.exit(True)",
    "a text": "import sys; sys.exit('a text')",
    "an error": "raise ValueError('an error')",
    "Ctrl-C": "raise KeyboardInterrupt",
    "exit handlers": "import atexit; atexit.register(print, 'last'); print('first')",
    "an error of one": "import atexit; atexit.register(lambda: 1 / 0); print('said')",
    "a thread": "import threading; threading.Timer(0.1, print, ['late']).start(); print('first')",
    "a daemon": "import threading as t; t.Thread(None, t.Event().wait, daemon=True).start()",
    "a pool": "import concurrent.futures as f; f.ThreadPoolExecutor(1).submit(print, 'late')",
    "no output": "import sys; sys.stdout = None; sys.exit(4)",
    "an output that is closed": "import sys; sys.stdout.close(); sys.exit(4)",
    "a full disk": "import sys; sys.stdout = open('/dev/full', 'w'); print('lost')",
    "a pipe that nobody reads": "import os; os.close(1); print('lost')",
}


def run(program: str) -> tuple[int, str, str]:
    """Its code, what it printed, and the last line of its errors."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ)
    )
    return done.returncode, done.stdout, "".join(done.stderr.splitlines()[-1:])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere they start as ever")
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_ends_as_a_cold_one(name: str) -> None:
    with warm():
        found = run(PROGRAMS[name])
    assert found == run(PROGRAMS[name])
