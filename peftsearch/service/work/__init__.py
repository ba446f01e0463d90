"""Child processes: pools, checks, exports; and what removes a job."""
