"""What a source would do at a moment, worked out from stored evidence."""
