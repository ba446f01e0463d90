"""From a configuration to trained modules on a shared model, and back without a trace."""
