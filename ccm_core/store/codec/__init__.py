"""Bodies as they are stored: canonical JSON, compressed."""
