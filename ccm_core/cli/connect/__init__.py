"""``ccm connect`` and ``ccm connections``."""
