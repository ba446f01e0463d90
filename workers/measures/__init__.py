"""What is measured of a trained model itself: its pace, what it forgot, what it gives away."""
