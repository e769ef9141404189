"""Rows and verdicts as records: what changed is judged, and counts make the result."""
