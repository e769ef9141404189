"""The pages and tables of an evidence package, for people."""
