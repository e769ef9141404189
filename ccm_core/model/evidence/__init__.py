"""What was read: records, collections, windows, runs and their manifests."""
