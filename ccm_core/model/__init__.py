"""Frozen values that the stages hand to each other. No behaviour beyond their own meaning."""
