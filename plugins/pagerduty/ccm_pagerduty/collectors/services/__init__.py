"""The collectors of what belongs to services and has no list: their custom fields."""
