"""Makes bodies shareable: frozen, and with one object for what many of them repeat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ccm_core.model.evidence.record import Record
from ccm_core.model.frozen_json import SCALARS, FrozenDict, FrozenList, frozen
from ccm_core.model.json_codec import JsonObject


def interned(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the records with frozen bodies; equal references in them become the same object.

    Every view reads the same records, and none of them can change what the others read.

    Bodies repeat the same services, users and teams, which takes more than half of the memory of
    a year of events. Only flat objects of texts are interned, which are equal exactly where they
    are written alike.
    """
    pool: dict[tuple[Any, ...], JsonObject] = {}
    for record in records:
        body = dict(record.body)
        for name, value in body.items():
            if value.__class__ not in SCALARS:
                body[name] = _frozen(value, pool)
        yield Record(
            kind=record.kind,
            version=record.version,
            key=record.key,
            connection=record.connection,
            observed_at=record.observed_at,
            collection=record.collection,
            source=record.source,
            body=FrozenDict(body),
            digest=record.digest,
            erased_at=record.erased_at,
        )


def _frozen(value: Any, pool: dict[tuple[Any, ...], JsonObject]) -> Any:
    if isinstance(value, list):
        return FrozenList(
            [entry if entry.__class__ in SCALARS else _pooled(entry, pool) for entry in value]
        )
    return _pooled(value, pool)


def _pooled(value: Any, pool: dict[tuple[Any, ...], JsonObject]) -> Any:
    if not isinstance(value, dict):
        return frozen(value)
    key = (*value, *value.values())
    if not _TEXTS.issuperset(map(type, key)):
        return frozen(value)
    shared = pool.get(key)
    if shared is None:
        shared = pool[key] = FrozenDict(value)
    return shared


_TEXTS = {str, type(None)}
