"""What two versions of an object show of a change."""
