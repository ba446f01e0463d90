"""Who starts the workers of a job: this machine, a Ray cluster, or somebody else."""
