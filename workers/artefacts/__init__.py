"""Adapters and rungs below one URL, for machines without a folder in common. Imports no torch."""
