"""Verify the rows of a store against its ledger."""
