"""Evaluate compiled rules over rows, evidence sufficiency first."""
