"""Evaluate evidence by rule packs. Pure: no clock, no disk, no network.

From a pack's YAML (:mod:`packs`, which reads, checks and compiles) and the facts of connections
(:mod:`interface`) to an evaluation (:mod:`evaluator`). What the evidence allows is decided before
any condition runs (:mod:`sufficiency`, :mod:`evidence`). Only :mod:`conditions` knows CEL.
"""
