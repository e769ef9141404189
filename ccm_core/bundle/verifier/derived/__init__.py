"""Rows and verdicts in a package: versions, populations and counts by evaluation."""
