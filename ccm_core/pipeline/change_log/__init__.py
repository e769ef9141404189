"""What changed in a source between two moments, and who changed it."""
