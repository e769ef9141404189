"""What a source tells of itself: whose account it is, and the time."""
