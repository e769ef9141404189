"""What auditors ask of a workspace: how much of each framework is covered."""
