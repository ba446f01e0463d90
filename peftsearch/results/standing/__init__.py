"""Where a job stands: beside its floors, its baselines, its own parts, and its limits."""
