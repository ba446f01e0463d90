"""From an attached configuration to measured metrics."""
