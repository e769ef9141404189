"""Reports: one interface, one module for each format. Pure."""
