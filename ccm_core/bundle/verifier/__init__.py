"""The verifier of an evidence package: runs alone, and imports no other room."""
