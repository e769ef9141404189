"""Interns what the bodies of many records repeat, so that they take little memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ccm_core.model.evidence.record import Record
from ccm_core.model.json_codec import JsonObject


def interned(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the records; equal references in their bodies become the same object.

    Bodies repeat the same services, users and teams, which takes more than half of the memory of
    a year of events. Only flat objects of texts are interned, which are equal exactly where they
    are written alike. No body may be changed after it was yielded.
    """
    pool: dict[tuple[Any, ...], JsonObject] = {}
    for record in records:
        body = record.body
        for name, value in body.items():
            if type(value) is dict:
                body[name] = _pooled(value, pool)
            elif type(value) is list:
                value[:] = [
                    _pooled(entry, pool) if type(entry) is dict else entry for entry in value
                ]
        yield record


def _pooled(value: JsonObject, pool: dict[tuple[Any, ...], JsonObject]) -> JsonObject:
    key = (*value, *value.values())
    if not _TEXTS.issuperset(map(type, key)):
        return value
    return pool.setdefault(key, value)


_TEXTS = {str, type(None)}
