"""What the process remembers of each job, by its event."""
