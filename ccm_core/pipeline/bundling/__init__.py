"""What goes into a bundle, and how its files are written."""
