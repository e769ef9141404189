"""A message before it is written for a service: a title, facts, and sections of entries. Pure."""

from __future__ import annotations

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link with its text."""

    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing to know about an entry."""

    name: str
    value: str
    url: str = ""
    """Where the value leads to; empty: nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One finding, or another condition."""

    title: str
    severity: str = ""
    url: str = ""
    facts: tuple[Fact, ...] = ()
    command: str = ""
    """What shows all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSection:
    """Entries under a heading, the most urgent first."""

    heading: str
    entries: tuple[Entry, ...]
    total: int
    """How many there are, those that are left out included."""
    rest: str = ""
    """What lists those that are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message."""

    title: str
    """Counts and fixed words: nothing of the evidence."""
    severity: str = ""
    """The greatest of what it is about."""
    summary: tuple[str, ...] = ()
    """Lines before the sections."""
    sections: tuple[MessageSection, ...] = ()
    links: tuple[Link, ...] = ()
