"""Findings as work items: tracked from one evaluation to the next, owned, due, and filtered."""
