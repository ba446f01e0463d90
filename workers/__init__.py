"""From one configuration to measured metrics: backbone, adapters, data, training, the loop."""
