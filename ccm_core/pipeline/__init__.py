"""The pipeline: one module for each thing that is done from end to end.

The stages do not know each other. What one needs of another is handed to it here as a value, and
collecting and evaluating meet only in the store. Whoever starts something (a command, the daemon)
calls one function of one module.
"""
