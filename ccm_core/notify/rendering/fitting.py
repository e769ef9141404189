"""Shortens a message until it fits what a service takes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from ccm_core.notify.message import Entry, Message

Form = TypeVar("Form")

_STEPS = ((10, True), (5, True), (3, True), (3, False), (1, False), (0, False))
"""How many entries of each section, and whether with their facts."""


def fitted(
    message: Message, render: Callable[[Message], Form], fits: Callable[[Form], bool]
) -> Form | None:
    """Return a message in a form, with as many entries as fit; None: not even its counts do.

    What is left out is counted: sections keep their totals.

    Args:
        message: The message.
        render: Writes it.
        fits: Whether the service takes it.
    """
    for entries, with_facts in _STEPS:
        form = render(_shortened(message, entries, with_facts=with_facts))
        if fits(form):
            return form
    form = render(replace(message, sections=(), links=message.links[:1]))
    return form if fits(form) else None


def _shortened(message: Message, entries: int, *, with_facts: bool) -> Message:
    sections = (
        replace(
            section,
            entries=tuple(
                entry if with_facts else _brief(entry) for entry in section.entries[:entries]
            ),
        )
        for section in message.sections
    )
    return replace(message, sections=tuple(sections))


def _brief(entry: Entry) -> Entry:
    return replace(entry, facts=())
