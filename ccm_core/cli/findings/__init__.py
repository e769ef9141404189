"""``ccm findings``: who does what by when about what fails."""
