"""What a document is made of: what was asked, and a store that is open for reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.store.interface.evidence_store import EvidenceStore


class Question(Protocol):
    """What was asked. Whoever asks, a browser's visit or an assistant's call, gets one answer."""

    @property
    def now(self) -> datetime:
        """The moment."""

    @property
    def parts(self) -> Mapping[str, str]:
        """What is asked about, by name."""

    @property
    def query(self) -> Mapping[str, Sequence[str]]:
        """What narrows it down, by name."""

    @property
    def workspace(self) -> Workspace:
        """The workspace of the settings as they are now."""

    def reading(self) -> AbstractContextManager[EvidenceStore]:
        """Open the store for reading."""

    def asked(self, name: str, default: str = "") -> str:
        """Return the last value of a name that narrows it down."""
