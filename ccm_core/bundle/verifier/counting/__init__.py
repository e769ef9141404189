"""What evaluations say of a period, counted: its items, and the shares of its months."""
