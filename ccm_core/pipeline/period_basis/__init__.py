"""What the tests of a period rest on, read from the store."""
