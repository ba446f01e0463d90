"""Configurations: what a trial trains, what it costs, whether it fits a model."""
