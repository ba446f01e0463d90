"""The life of a job: its file, its launch, its workers, its end."""
