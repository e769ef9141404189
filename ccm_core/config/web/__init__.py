"""Reads ``web``: how the console is operated, and who is let in."""
