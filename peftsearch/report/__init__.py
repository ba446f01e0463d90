"""A job as one page to lay before a colleague: what was chosen, why, and how it was found."""
