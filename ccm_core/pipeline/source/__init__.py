"""Opens the source of a connection, and compares whose account it is and what time it says."""
