"""What every caller of the pipeline needs: the workspace, the cycle, connecting and credentials."""
