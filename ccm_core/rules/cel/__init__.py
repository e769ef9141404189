"""Conditions in CEL: parse, bound and run."""
