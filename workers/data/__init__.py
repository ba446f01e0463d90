"""From a source of rows to the splits of a job."""
