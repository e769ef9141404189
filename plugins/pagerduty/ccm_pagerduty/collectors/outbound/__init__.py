"""Collectors of what PagerDuty sends to other tools."""
