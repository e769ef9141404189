"""Rule packs: read, check and compile YAML."""
