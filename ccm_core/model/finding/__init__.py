"""Findings: what fails, followed through time, and what people do about it."""
