"""``ccm rules``."""
