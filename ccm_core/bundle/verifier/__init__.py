"""The verifier of a bundle: runs by itself, imports nothing of ours."""
