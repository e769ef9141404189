"""The demonstration's account, and incidents in bulk."""
