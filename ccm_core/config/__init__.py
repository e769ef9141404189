"""The settings file: located, parsed, validated against the installed connectors, and frozen."""
