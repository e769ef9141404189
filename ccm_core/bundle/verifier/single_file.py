"""The verifier as one file that needs nothing of ours: its modules, joined."""

from __future__ import annotations

from importlib import resources

_PARTS = ("log_checks.py", "merkle.py", "signed_note.py", "ed25519.py")
_IMPORT = "from ccm_core.bundle.verifier."
_RUN = 'if __name__ == "__main__":'


def single_file() -> bytes:
    """Give the verifier's text, with the modules that it imports in place of their imports."""
    head, found, run = _source("verify.py").partition(_RUN)
    lines = head.splitlines(keepends=True)
    own = "".join(line for line in lines if not line.startswith(_IMPORT)).rstrip()
    parts = [part for name in _PARTS for part in _part(_source(name))]
    return "\n\n\n".join([own, *parts, found + run]).encode()


def _part(text: str) -> tuple[str, str]:
    """Give a heading from the module's first line, and what follows on its imports."""
    title, *lines = text.splitlines()
    last = max(n for n, line in enumerate(lines) if line.startswith(("import ", "from ")))
    heading = f"# -- {title.strip('.').strip(chr(34)).rstrip('.')} "
    return heading.ljust(96, "-"), "\n".join(lines[last + 1 :]).strip()


def _source(name: str) -> str:
    return resources.files("ccm_core.bundle.verifier").joinpath(name).read_text("utf-8")
