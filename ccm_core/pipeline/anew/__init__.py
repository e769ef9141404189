"""Derive a share of an evaluation anew from the evidence, and compare it with what was kept."""
