"""Manual evidence on the command line: files that people attach to controls."""
