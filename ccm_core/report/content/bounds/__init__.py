"""What a page or a document draws of very long lists, and what it says of the rest."""
