"""A company whose account changes through a quarter."""
