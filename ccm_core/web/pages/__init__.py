"""The pages of the console: each reads what the command line reads, and says it in HTML."""
