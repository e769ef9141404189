"""The verifier as one file that needs nothing of ours: its two modules, joined."""

from __future__ import annotations

from importlib import resources

_IMPORT = "\nfrom ccm_core.bundle.ed25519 import holds\n"
_HEADER_ENDS = "from typing import Any\n"
_TITLE = "# -- Ed25519 (RFC 8032): nothing here is secret, so it is plain and slow"
_RUN = 'if __name__ == "__main__":'


def single_file() -> bytes:
    """Give the verifier's text, with the signature check in place of its import."""
    verifier, check = (_source(name) for name in ("verifier.py", "ed25519.py"))
    head, found, run = verifier.partition(_RUN)
    title = f"{_TITLE} {'-' * (95 - len(_TITLE))}"
    body = check.partition(_HEADER_ENDS)[2].strip()
    joined = [head.replace(_IMPORT, ""), title, "\n\n", body, "\n\n", found, run]
    return "".join(joined).encode()


def _source(name: str) -> str:
    return resources.files("ccm_core.bundle").joinpath(name).read_text("utf-8")
