"""Collectors of incident workflows, and of what starts them."""
