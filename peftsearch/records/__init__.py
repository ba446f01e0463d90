"""What a job remembers: immutable records, passed by value, and which of them dominate."""
