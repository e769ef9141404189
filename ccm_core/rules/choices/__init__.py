"""What the settings choose about the rules of packs, applied to compiled packs and checked."""
