"""Evaluate again only what changed."""
