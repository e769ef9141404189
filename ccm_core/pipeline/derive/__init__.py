"""Derive and judge what changed of one connection, and keep it."""
