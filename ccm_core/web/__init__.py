"""The web console: a caller of the application, like the command line. See ADR 0076."""
