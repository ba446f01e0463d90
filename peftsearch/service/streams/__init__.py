"""What listeners are told, and who looks for them."""
