"""Findings from end to end: tracked with each evaluation, read as work items, acted on."""
