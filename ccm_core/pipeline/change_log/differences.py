"""The fields in which two versions of an object differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ccm_core.sdk.changes.trail import ChangedField

_ABSENT: Any = None


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], ignored: Iterable[str] = ()
) -> tuple[ChangedField, ...]:
    """Return the fields that differ, by path.

    Members of a list that have ids are compared by them, others by their places.

    Args:
        before: A body.
        after: Another one.
        ignored: Fields at the top that are left out.
    """
    left_out = frozenset(ignored)
    return tuple(
        change
        for name in sorted((before.keys() | after.keys()) - left_out)
        for change in _changes(name, before.get(name, _ABSENT), after.get(name, _ABSENT))
    )


def _changes(path: str, before: Any, after: Any) -> Iterator[ChangedField]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        if before.get("id") != after.get("id"):
            yield ChangedField(name=path, before=_shown(before), after=_shown(after))
            return
        for name in sorted(before.keys() | after.keys()):
            yield from _changes(f"{path}.{name}", before.get(name), after.get(name))
    elif _is_list(before) and _is_list(after):
        yield from _members(path, before, after)
    else:
        yield ChangedField(name=path, before=_shown(before), after=_shown(after))


def _members(path: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[ChangedField]:
    ids_before, ids_after = _by_id(before), _by_id(after)
    if ids_before is None or ids_after is None:
        common = min(len(before), len(after))
        for index in range(common):
            yield from _changes(f"{path}[{index}]", before[index], after[index])
        for index, member in enumerate(before[common:], common):
            yield ChangedField(name=f"{path}[{index}]", before=_shown(member))
        for index, member in enumerate(after[common:], common):
            yield ChangedField(name=f"{path}[{index}]", after=_shown(member))
        return
    for key in [*ids_before, *(key for key in ids_after if key not in ids_before)]:
        name = f"{path}[{_title(ids_after.get(key) or ids_before.get(key), key)}]"
        yield from _changes(name, ids_before.get(key), ids_after.get(key))
    if list(ids_before) != list(ids_after) and ids_before.keys() == ids_after.keys():
        yield ChangedField(name=f"{path} (order)", before=list(ids_before), after=list(ids_after))


def _by_id(members: Sequence[Any]) -> dict[str, Any] | None:
    """Return members by their ids, in order; None where they have none of their own."""
    ids = [member.get("id") if isinstance(member, Mapping) else None for member in members]
    if not all(isinstance(key, str) for key in ids) or len(set(ids)) != len(ids):
        return None
    return dict(zip(map(str, ids), members, strict=True))


def _shown(value: Any) -> Any:
    """Return a reference as its title, and everything else as it is."""
    if isinstance(value, Mapping) and value.get("id") is not None:
        return _title(value, str(value["id"]))
    return value


def _title(value: Any, key: str) -> str:
    if isinstance(value, Mapping):
        return str(value.get("name") or value.get("summary") or key)
    return key


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
