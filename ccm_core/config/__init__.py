"""The settings file: found, read, checked against what is installed, and frozen."""
