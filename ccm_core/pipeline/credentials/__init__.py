"""Credentials: how a connection is authorized, by whose consent, how old they are, what signs."""
