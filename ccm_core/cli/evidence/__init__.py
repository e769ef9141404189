"""Commands over stored evidence: ``evidence``, ``runs``, ``views``, ``erase``."""
