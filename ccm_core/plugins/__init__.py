"""Plugins: discovered without importing them, loaded one by one, kept in a frozen catalog."""
