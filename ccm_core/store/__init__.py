"""The evidence store: one interface, one SQL implementation."""
