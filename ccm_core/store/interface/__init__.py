"""What a store of evidence can do: one narrow protocol for each concern."""
