"""The command line: one file for each verb, one place where errors become exit codes."""
