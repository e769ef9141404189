"""Notifications: what is new to each channel, what its digests sum up, and how it is written."""
