"""How pools of tests are timed, and a program in the place of one."""

from peftsearch.service.work.pool_process import Timing

PATIENT = Timing(pause=0.01, patience=300, closing=300, leaving=300)
"""Who listens has the time to answer, on a busy machine too."""
SHORT = Timing(pause=0.01, patience=0.5, closing=0.5, leaving=0.2)
SLEEP = "import time; print('here', flush=True); time.sleep(600)"
