"""Frameworks as data: catalogues that are shipped or imported, and how much of them is covered."""
