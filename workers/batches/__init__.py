"""From rows to the tensors of a batch."""
