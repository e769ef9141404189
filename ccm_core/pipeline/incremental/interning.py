"""Holding many records in little memory: what their bodies repeat is kept once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ccm_core.model.evidence.record import Record
from ccm_core.model.json_codec import JsonObject


def shared(records: Iterable[Record]) -> Iterator[Record]:
    """Give the records; equal references in their bodies become the same object.

    Bodies name the same services, users and teams again and again: more than half of the memory
    that a year of events takes. Only flat objects of texts are shared, which are equal exactly
    where they are written alike. Nobody may change a body that was handed out.
    """
    pool: dict[tuple[Any, ...], JsonObject] = {}
    for record in records:
        body = record.body
        for name, value in body.items():
            if type(value) is dict:
                body[name] = _one(value, pool)
            elif type(value) is list:
                value[:] = [_one(one, pool) if type(one) is dict else one for one in value]
        yield record


def _one(value: JsonObject, pool: dict[tuple[Any, ...], JsonObject]) -> JsonObject:
    key = (*value, *value.values())
    if not _TEXTS.issuperset(map(type, key)):
        return value
    return pool.setdefault(key, value)


_TEXTS = {str, type(None)}
