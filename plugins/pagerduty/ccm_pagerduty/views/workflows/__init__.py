"""Views of incident workflows: on which incidents they start."""
