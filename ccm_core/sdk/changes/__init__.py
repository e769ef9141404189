"""What changed in a source, and who changed it."""
