"""Sessions and activity of the console in tables."""
