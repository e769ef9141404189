"""The demonstration account and bulk data."""
