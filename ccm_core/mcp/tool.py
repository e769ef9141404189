"""A tool: its name, what may be asked with it, and the function that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ccm_core.mcp.arguments import Argument, read_arguments
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.model.evaluation.result import KindSufficiency, StoredEvaluation
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.store.interface.evidence_store import EvidenceStore

PAGE = 25
"""Entries of one page, where nobody asks for another number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call, with the store that was opened for it, for reading."""

    workspace: Workspace
    store: EvidenceStore
    now: datetime
    evaluation: StoredEvaluation | None
    """The newest one, without results; None: nothing is evaluated yet."""
    query: Mapping[str, Sequence[str]] = field(default_factory=FrozenDict)

    @property
    def parts(self) -> Mapping[str, str]:
        """What is asked about, by name."""
        return {name: values[-1] for name, values in self.query.items()}

    @contextmanager
    def reading(self) -> Iterator[EvidenceStore]:
        """Return the store of this call; whoever opened it closes it."""
        yield self.store

    def asked(self, name: str, default: str = "") -> str:
        """Return the last value of an argument."""
        values = self.query.get(name, ())
        return values[-1] if values else default

    @property
    def size(self) -> int:
        """How many entries a page has."""
        return int(self.asked("limit", str(PAGE)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a tool found, before it is bounded and wrapped."""

    document: JsonObject
    items: str = ""
    """The list in it that is handed out page by page; empty: it has none."""
    key: Callable[[Any], str] = str
    """Returns what names an entry of that list: the cursor."""
    is_page: bool = False
    """Whether the list is one page already, with the next cursor under ``next``."""
    proof: tuple[str, ...] = ()
    """Commands that show or prove it."""
    inconclusive: tuple[str, ...] = ()
    """Why it is inconclusive, in words of ours alone: nothing of a source stands in them."""
    kinds: tuple[KindSufficiency, ...] | None = None
    """Evidence that it rests on; None: all of the newest evaluation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One row of the table of tools."""

    name: str
    title: str
    description: str
    answer: Callable[[ToolCall], Found]
    arguments: tuple[Argument, ...] = ()

    def read(self, given: Mapping[str, object]) -> Mapping[str, Sequence[str]]:
        """Return the arguments of a call.

        Raises:
            UsageError: One is missing, unknown or no such value; every mistake is listed.
        """
        return read_arguments(self.name, self.arguments, given)

    @property
    def schema(self) -> JsonObject:
        """The arguments as JSON Schema describes them."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {argument.name: argument.schema for argument in self.arguments},
            "required": [argument.name for argument in self.arguments if argument.required],
        }
