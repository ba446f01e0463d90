"""How far a job is, shown while it runs: in a terminal, in a log, in a notebook."""
