"""The frameworks of a workspace: shipped catalogues, those of the settings, and their coverage."""
