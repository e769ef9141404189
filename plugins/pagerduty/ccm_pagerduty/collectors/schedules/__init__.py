"""The collectors of schedules: the list, their renderings, their users, and their overrides."""
