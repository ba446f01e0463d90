"""Which configuration of a front is meant or proposed."""
