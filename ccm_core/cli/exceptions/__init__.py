"""``ccm exceptions``: the exceptions of a period, and management's responses."""
