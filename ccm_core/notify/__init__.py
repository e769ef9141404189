"""Notifications of changes: conditions, what each recipient was sent before, and the difference."""
