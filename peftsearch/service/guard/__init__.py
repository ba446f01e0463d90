"""Who may ask: names, origins, tokens, sizes of bodies."""
