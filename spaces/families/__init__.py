"""Model families: what a `config.json` says of layers, linears, biases and norms."""
