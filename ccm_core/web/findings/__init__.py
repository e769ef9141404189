"""Findings in the console: the list with its filters, one with its history, and what is done."""
