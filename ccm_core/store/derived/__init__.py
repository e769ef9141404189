"""Rows and verdicts, and the read model that lists and counts them."""
