"""The collectors of event orchestrations: the list, their paths, and those of services."""
