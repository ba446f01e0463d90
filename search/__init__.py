"""From records to the next proposals: features, surrogate, acquisition, design, baselines."""
