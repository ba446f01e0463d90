"""A job as runs of an experiment tracker, told while it is searched."""
