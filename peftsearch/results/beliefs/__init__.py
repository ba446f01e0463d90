"""What a job's model expects of configurations."""
