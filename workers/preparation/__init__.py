"""What a job finds out before its first trial: floors without adapters, and the head's start."""
