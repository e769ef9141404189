"""Seals of what evaluations read, and comparison of evidence with them."""
