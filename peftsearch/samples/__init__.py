"""Real models and data for the demonstration and the examples, made from registry packages."""
