"""Whatever kills, fills up or disappears, at random moments of real jobs, with one tally.

`python -m tests.chaos --help`; `test_chaos.py` runs a few faults of each kind.
"""
