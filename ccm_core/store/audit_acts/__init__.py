"""Acts of people for an audit, one row and one leaf for each, and the files that they attach."""
