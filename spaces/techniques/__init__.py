"""Adapter types: one table, a row each, and where a row can act."""
