"""A trained adapter as files that others load, with its card."""
