"""What the marks of a front's pictures are called, whoever draws them."""

OFF_FRONT = "off the front"
BELOW = "below the axis"
