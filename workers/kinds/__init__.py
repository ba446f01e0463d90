"""What a worker does for each kind of task, found by its row in `spaces.kinds`."""
