"""Watching: every connection is read when it is due, for as long as the process lives."""
