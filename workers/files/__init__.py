"""What a job keeps on disk: adapters, their other forms, results that wait, rungs."""
