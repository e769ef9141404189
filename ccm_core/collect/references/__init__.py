"""References between records: which there are, and what became of those that lead nowhere."""
