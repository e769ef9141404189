"""Evaluations and the changes of findings."""
