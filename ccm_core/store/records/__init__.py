"""Records, collections and runs: append, query, diff and erase."""
