"""The vendor of a source, for people: what they do at its side to connect it."""
