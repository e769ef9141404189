"""Checks what a collector yields before anything of it counts as evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ccm_core.errors import CollectorFault
from ccm_core.model.evidence.collection import Request, Shortfall
from ccm_core.sdk.collector import (
    CollectionNote,
    CollectorEvent,
    DependsOn,
    Estimate,
    Flush,
    Gone,
    NothingToRead,
    Overflow,
    Page,
    ResumeFrom,
)

_SMALL = (
    Shortfall,
    CollectionNote,
    DependsOn,
    NothingToRead,
    ResumeFrom,
    Overflow,
    Estimate,
    Flush,
    Gone,
)


def checked_event(event: Any, *, has_window: bool) -> CollectorEvent:
    """Return what a collector yielded, if it is what a collector may yield.

    Args:
        event: What it yielded.
        has_window: Whether it was asked for a window.

    Raises:
        CollectorFault: It is of another type, or a field of it is.
    """
    if isinstance(event, Page):
        for problem in _page_problems(event):
            raise CollectorFault(f"it yielded a Page with {problem}")
        return event
    if isinstance(event, ResumeFrom | Flush) and not has_window:
        raise CollectorFault(f"it yielded {type(event).__name__}, and was not asked for a window")
    for known in _SMALL:
        if isinstance(event, known):
            checked: CollectorEvent = _checked(event, known)
            return checked
    names = ", ".join(sorted(known.__name__ for known in (Page, *_SMALL)))
    got = type(event).__name__
    raise CollectorFault(f"it yielded a {got}; expected one of {names} of ccm_core.sdk.types")


def _checked(event: Any, known: type[Any]) -> Any:
    try:
        return msgspec.convert(msgspec.to_builtins(event), known)
    except (TypeError, ValueError) as cause:
        raise CollectorFault(f"it yielded a {known.__name__} with a wrong field: {cause}") from None


def _page_problems(page: Page) -> Iterator[str]:
    fields: tuple[tuple[str, bool, str], ...] = (
        ("request", isinstance(page.request, Request), "a Request"),
        ("items", _is_array(page.items), "a sequence of objects"),
        ("number", _is_count(page.number), "a whole number"),
        ("total", page.total is None or _is_count(page.total), "a whole number or None"),
        ("response_digest", isinstance(page.response_digest, str), "a text"),
        ("received_at", _is_instant(page.received_at), "an instant with a time zone"),
    )
    for name, is_right, expected in fields:
        if not is_right:
            got = type(getattr(page, name)).__name__
            yield f"Page.{name} of type {got}; expected {expected}"


def _is_array(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | Mapping)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_instant(value: Any) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None
