"""What a candidate is expected to add to the front."""
