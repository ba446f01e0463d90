"""What a search is to reach: observations, the axes of its goals, and their box."""
