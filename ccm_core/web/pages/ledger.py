"""The ledger: its newest checkpoint, the keys that signed it, and a pin to download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint
from ccm_core.model.console.activity import ActivityKind
from ccm_core.web.answers import Answer, Download, HtmlPage, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.store.interface.evidence_store import EvidenceStore
    from ccm_core.web.visit import Visit


def ledger(visit: Visit) -> Answer:
    """Show each log with its head, and how much of it a signature covers."""
    with visit.reading() as store:
        logs = list(_logs(store))
        keys = store.ledger.signing_keys()
    return HtmlPage(template="ledger.html", values={"logs": logs, "keys": keys})


def checkpoint(visit: Visit) -> Answer:
    """Download the newest signed checkpoint of the store, to be pinned.

    Raises:
        NotFound: None is signed yet.
    """
    with visit.reading() as store:
        signed = store.ledger.signed_head(STORE_LOG)
    if signed is None:
        raise NotFound("no head of this store is signed yet; `ccm keys make` makes a signing key")
    visit.note(ActivityKind.DOWNLOADED, "checkpoint")
    return Download(content=signed.encode(), name="checkpoint.txt", media_type="text/plain")


def _logs(store: EvidenceStore) -> Iterator[tuple[str, Checkpoint, str, int]]:
    """Yield each log with its head, its signed note, and how many leaves are newer than that."""
    for name in (STORE_LOG, *store.runs.connections()):
        head, signed = store.ledger.head(name), store.ledger.signed_head(name)
        size = 0 if signed is None else Checkpoint.read(signed_note.read(signed).text).size
        yield name, head, signed or "", head.size - size
