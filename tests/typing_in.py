"""A keyboard in a pipe, a browser, and a look at what was saved, for tests that connect."""

from __future__ import annotations

import os
import re
from pathlib import Path

import httpx

from ccm_core.auth.vault import Vault
from ccm_core.auth.vault_encryption import KeySources

LINK = re.compile(r"^  (http://\S+/oauth/authorize\S+)$", re.MULTILINE)


class PipedInput:
    """Standard input out of a pipe: each answer is a text, or made of what was said so far."""

    def __init__(self, output, answers) -> None:
        """Give the answers one after the other."""
        self._said, self._answers = output, list(answers)

    def isatty(self) -> bool:
        """Say that nobody sits there."""
        return False

    def readline(self) -> str:
        """Give the next answer, or nothing when there are no more."""
        if not self._answers:
            return ""
        answer = self._answers.pop(0)
        return f"{answer(self._said()) if callable(answer) else answer}\n"


def browsed(output: str) -> str:
    """Open the link as a browser does; give the address that it is sent to."""
    with httpx.Client(trust_env=False) as http:
        return http.get(LINK.findall(output)[-1]).headers["location"]


def vault_of(folder: Path) -> Vault:
    """Open the folder's vault with the key of the environment."""
    return Vault(folder / "ccm.vault", KeySources(environment=os.environ, keyring=lambda: None))


def saved(folder: Path) -> dict[str, bytes]:
    """Give what the folder holds, locks left out."""
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.suffix != ".lock"}
