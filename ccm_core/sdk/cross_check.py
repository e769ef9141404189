"""Cross checks: kinds of one source that tell of the same thing.

Plugins import these names from :mod:`ccm_core.sdk.types`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject

BodiesByKind: TypeAlias = Mapping[str, Sequence[JsonObject]]
"""Current bodies, by kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """Kinds whose records cannot contradict each other, unless one of their lists is wrong.

    The host checks them once a run has read all of :attr:`kinds` to the end. Where they contradict
    each other, all of them become partial.
    """

    kinds: tuple[str, ...]
    contradictions: Callable[[BodiesByKind, datetime], Sequence[str]]
    """Returns the contradictions between current bodies at the run's moment, each in words and
    with the ids it is about; pure."""
    uses: tuple[str, ...] = ()
    """Other kinds whose current bodies it is handed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreationEvents:
    """Events of one kind that show when objects of another kind, listed by window, were created.

    An object that such an event names, created in a window that was read to its end, is in the
    evidence; where it is not, its list left it out, and what both lists returned becomes partial.
    """

    kind: str
    """The kind of the events."""
    creates: str
    """The kind of the objects."""
    path: str
    """Where an event holds the object's key, such as ``incident.id``."""
    marker: tuple[str, str]
    """The path and the value that mark such events, as in ``("type", "created")``."""
