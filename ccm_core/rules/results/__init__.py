"""Work with results: diff, filter, explain and track findings."""
