"""Collectors of what belongs to services: custom fields, standards, what they support."""
