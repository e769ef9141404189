"""The trend of checks, from the last evaluation of each day."""
