"""``ccm frameworks``: catalogues of requirements, and how much of them checks cover."""
