"""What a service supports, what becomes of its events, and which standards it meets."""
