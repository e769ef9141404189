"""The ledger's logs as they are stored: leaves, checkpoints and proofs."""
