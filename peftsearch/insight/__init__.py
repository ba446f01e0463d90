"""What the records of a job mean: decisions for charts, tables and choices. No store, no HTTP."""
