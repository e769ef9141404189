"""Credentials that the program renews itself: OAuth 2.0 tokens, and the vault that stores them."""
