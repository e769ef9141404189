"""Commands that prove: ``verify``, ``checkpoint``, ``prove``, ``keys``."""
