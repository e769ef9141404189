"""What the server holds between requests: connections being set up, and runs under way."""
