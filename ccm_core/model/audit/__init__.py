"""What people add for an audit: manual evidence, and management's responses to exceptions."""
