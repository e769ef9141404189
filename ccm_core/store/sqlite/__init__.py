"""The evidence store in SQLite."""
