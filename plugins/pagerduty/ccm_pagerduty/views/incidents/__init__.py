"""Views over incidents and their log entries."""
