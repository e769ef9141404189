"""Tickets from end to end: findings that need one, the systems that have them, what was done."""
