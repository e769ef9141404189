"""What the console keeps: who is signed in, and what was done in it."""
