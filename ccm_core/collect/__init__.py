"""Collecting: what is due, what a collector yields, what of it is stored."""
