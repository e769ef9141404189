"""Credentials that a program must look after itself: OAuth 2.0, and the vault that keeps them."""
