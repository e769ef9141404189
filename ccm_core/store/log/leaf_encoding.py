"""The leaves of the ledger: what each row of the store states, as JSON.

A leaf is named for its table and has the row's columns by their names: instants as RFC 3339 text,
references as ids, without what is null. Of contents it has the digest. Numbers of rows (``seq``)
are left out too: what counts of them is their order, which is that of the leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ccm_core.model import json_codec
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.sql.instants import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafForm:
    """How the rows of one table become leaves."""

    table: str
    plain: tuple[str, ...] = ()
    """Columns that are in the leaf as they are."""
    instants: tuple[str, ...] = ()
    """Columns in microseconds."""
    references: tuple[str, ...] = ()
    """Columns that name a row of another table, of which the leaf has the id."""
    document: bool = False
    """Whether the row holds the bytes of its digest, in the column ``document``."""
    number: str = "seq"
    """The column that numbers the rows in the order in which they were added."""

    def leaf(self, row: Mapping[Any, Any], **references: str) -> dict[str, Any]:
        """Return the leaf of a row, before it is encoded.

        Raises:
            ValueError: A column holds something else than it should.
        """
        leaf: dict[str, Any] = {"leaf": self.table, **references}
        for name in self.plain:
            if row[name] is not None:
                leaf[name] = row[name]
        for name in self.instants:
            if row[name] is not None:
                leaf[name] = _timestamp(row[name])
        return leaf

    def line(self, row: Mapping[Any, Any], **references: str) -> bytes:
        """Return the bytes of the leaf of a row."""
        return json_codec.encode(self.leaf(row, **references))

    def lines(
        self, names: Sequence[str], rows: Iterable[tuple[Any, ...]], **references: str
    ) -> Iterator[bytes]:
        """Yield the leaves of many rows, for a quarter of what as many :meth:`line` cost.

        Rows that are stored together are alike but for key and digest: the rest is encoded once.

        Args:
            names: The columns of the rows, in their order; the last two are key and digest.
            rows: Their values.
            references: As for :meth:`line`, the same for all.
        """
        templates: dict[tuple[Any, ...], Sequence[bytes]] = {}
        for row in rows:
            *_, key, digest = row
            template = templates.get(row[:-2])
            if template is None:
                if len(templates) == _MAX_TEMPLATES:
                    templates.clear()
                template = self._template(dict(zip(names, row, strict=True)), references)
                templates[row[:-2]] = template
            if digest is None or len(template) != len(_PLACEHOLDERS) + 1:
                yield self.line(dict(zip(names, row, strict=True)), **references)
            else:
                before, between, after = template
                yield before + json_codec.encode(digest) + between + json_codec.encode(key) + after

    def _template(self, row: dict[str, Any], references: Mapping[str, str]) -> Sequence[bytes]:
        """Encode what stands around a digest and a key: three parts, unless they are ambiguous."""
        line = self.line(row | _PLACEHOLDERS, **references)
        before, *rest = line.split(json_codec.encode(_PLACEHOLDERS["digest"]))
        key = json_codec.encode(_PLACEHOLDERS["key"])
        return [before, *(part for text in rest for part in text.split(key))]


_PLACEHOLDERS = {"digest": "\x00digest", "key": "\x00key"}
"""What stands for the two in a template; JSON has them in this order."""
_MAX_TEMPLATES = 500
"""In memory at a time: a window has one for each page, unless each record has its own."""

STORE = LeafForm(
    table="store",
    plain=("identity", "created_by", "key_check"),
    instants=("created_at",),
    number="id",
)
RUN = LeafForm(table="run", plain=("id", "connection", "connector"), instants=("started_at",))
MANIFEST = LeafForm(
    table="manifest",
    plain=("digest",),
    instants=("ended_at",),
    references=("run",),
    document=True,
)
COLLECTION = LeafForm(
    table="collection",
    plain=("id", "connection", "kind", "kind_version", "outcome", "account", "digest"),
    instants=("window_since", "window_until", "started_at", "ended_at"),
    references=("run",),
    document=True,
)
VERSION = LeafForm(
    table="version",
    plain=(
        "connection",
        "kind",
        "kind_version",
        "key",
        "digest",
        "endpoint",
        "page",
        "response_digest",
    ),
    instants=("observed_at", "stored_at", "window_since", "window_until"),
    references=("collection",),
)
REJECTED = LeafForm(
    table="rejected", plain=("key", "digest"), references=("collection",), document=True
)
DOCUMENT = LeafForm(table="document", plain=("digest", "form"), document=True)
EVALUATION = LeafForm(
    table="evaluation",
    plain=("digest", "inputs", "act"),
    instants=("evaluated_at", "made_at"),
    document=True,
)
FINDING_CHANGES = LeafForm(
    table="finding_changes",
    plain=("evaluation", "changes", "digest"),
    instants=("evaluated_at",),
    document=True,
)
FINDING_ACT = LeafForm(
    table="finding_act",
    plain=("finding", "number", "kind", "digest"),
    instants=("at",),
    document=True,
)
ATTACHED_FILE = LeafForm(table="attached_file", plain=("digest", "size"), document=True)
MANUAL_EVIDENCE = LeafForm(
    table="manual_evidence",
    plain=("evidence", "number", "kind", "file", "digest"),
    instants=("since", "until", "at"),
    document=True,
)
EXCEPTION_RESPONSE = LeafForm(
    table="exception_response",
    plain=("exception", "number", "digest"),
    instants=("since", "until", "at"),
    document=True,
)
VALIDATION = LeafForm(
    table="validation",
    plain=(
        *("method", "pack", "version", "pack_digest", "host_version", "passed", "failed"),
        "digest",
    ),
    instants=("at",),
    document=True,
)
ACTIVITY = LeafForm(
    table="activity", plain=("kind", "tenant", "digest"), instants=("at",), document=True
)
SIGNING_KEY = LeafForm(table="signing_key", plain=("key", "note"))
ERASURE = LeafForm(
    table="erasure",
    plain=("id", "connection", "kind", "key", "manual_evidence", "reason"),
    instants=("erased_at", "stored_before"),
)
ERASED = LeafForm(table="erased", plain=("digest",), references=("erasure",))

LEAF_FORMS = (
    STORE,
    RUN,
    MANIFEST,
    COLLECTION,
    VERSION,
    REJECTED,
    DOCUMENT,
    EVALUATION,
    FINDING_CHANGES,
    FINDING_ACT,
    ATTACHED_FILE,
    MANUAL_EVIDENCE,
    EXCEPTION_RESPONSE,
    VALIDATION,
    ACTIVITY,
    SIGNING_KEY,
    ERASURE,
    ERASED,
)
"""Every table whose rows have leaves."""


@lru_cache(maxsize=4096)
def _timestamp(microseconds: int) -> str:
    if type(microseconds) is not int:
        raise ValueError(f"{microseconds!r} is no instant")
    try:
        return format_instant(instant(microseconds))
    except OverflowError:
        raise ValueError(f"{microseconds} is no instant") from None
