"""What can still be read of a damaged SQLite file, and a new database of it."""
