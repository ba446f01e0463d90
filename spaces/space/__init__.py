"""The search space of one job: its points, its edits, its size, its presets."""
