"""Databases of old schemas, and the recipe for new ones."""
