"""What a notebook or a script gives to a search and sees of it: rows, progress, own trainings."""
