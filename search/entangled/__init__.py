"""Sequential Monte Carlo over workers that send one another weights alone."""
