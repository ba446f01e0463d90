"""What the search believes of quality: Gaussian processes and how far they may be trusted."""
