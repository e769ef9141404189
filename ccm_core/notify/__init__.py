"""Telling people what changed: conditions, what was told before, and the difference."""
