"""What tells two things apart: differences, their intervals, and what is only chance."""
