"""The front drawn."""
