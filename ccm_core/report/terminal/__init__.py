"""What commands print: runs, explanations, assurance."""
