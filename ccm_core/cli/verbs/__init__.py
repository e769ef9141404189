"""One module for each remaining command."""
