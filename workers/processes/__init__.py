"""Worker processes: the loop, the pool that watches it, what they tell each other."""
