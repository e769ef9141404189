"""Evidence packages (bundles): evidence, results and proofs in one file, verifiable offline."""
