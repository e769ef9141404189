"""What assistants read over the Model Context Protocol: the API's documents, read-only."""
