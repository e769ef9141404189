"""The simulated identity server (OAuth 2.0)."""
