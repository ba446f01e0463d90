"""What may be wrong with an installation, its database and its folders, before a job shows it."""
