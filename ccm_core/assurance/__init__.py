"""What the evidence of a period proves. Pure: no clock, no disk, no network."""
