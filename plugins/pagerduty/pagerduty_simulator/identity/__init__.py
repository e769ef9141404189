"""The simulated identity server: OAuth apps, codes and tokens."""
