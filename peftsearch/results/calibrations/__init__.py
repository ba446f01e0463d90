"""How far probabilities can be taken at their word, and where to draw a line."""
