"""The past of a demonstration: the cycle, run through it step by step."""
