"""A plugin written for the sdk of before."""
