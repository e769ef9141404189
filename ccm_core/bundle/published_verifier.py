"""The verifier as it is published: one file, which every evidence package carries byte for byte."""

from __future__ import annotations

from importlib import resources


def published_verifier() -> bytes:
    """Return the file that ``python -m ccm_core.bundle.verifier.build`` wrote."""
    return resources.files("ccm_core.bundle.verifier").joinpath("verify.py").read_bytes()
