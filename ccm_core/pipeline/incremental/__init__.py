"""Keep state between evaluations, so that only changes are read again."""
