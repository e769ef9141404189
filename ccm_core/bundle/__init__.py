"""Bundles: one file that holds evidence, results and proofs, verifiable offline by anybody."""
