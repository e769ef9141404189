"""The read model's lists of lines that an evaluation builds on: compared first, stated after.

What no leaf vouches for is compared with what the evaluation before left, before any of it is used
or changed. A list that nobody used is stated as it was: were it changed by somebody else, whoever
uses it next finds that out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ccm_core.errors import IntegrityError
from ccm_core.store.interface.derived import DerivedStore


def subject_lines(view: str) -> str:
    """Return the name of the list of a view's subjects."""
    return f"subject/{view}"


def trace_lines(view: str) -> str:
    """Return the name of the list of records outside their partition that subjects rest on."""
    return f"trace/{view}"


def partition_lines(view: str) -> str:
    """Return the name of the list of what makes up the partitions of a view."""
    return f"partition/{view}"


def verdict_lines(pack: str, view: str) -> str:
    """Return the name of the list of what a pack says of the subjects of a view."""
    return f"verdict/{pack}/{view}"


@dataclass(slots=True, kw_only=True)
class LineLists:
    """The lists of one connection in one evaluation."""

    derived: DerivedStore
    connection: str
    _stated: Mapping[str, str] | None = None
    _compared: set[str] = field(default_factory=set)
    _written: set[str] = field(default_factory=set)

    def build_on(self, stated: Mapping[str, str] | None) -> None:
        """Take the digests that the evaluation before left; None: there is none to build on."""
        self._stated = stated

    def require(self, *names: str) -> None:
        """Compare some lists with what the evaluation before left, unless that was done.

        Raises:
            IntegrityError: One is another.
        """
        if self._stated is None:
            return
        pending = sorted(set(names) - self._compared)
        if not pending:
            return
        present = self.derived.line_roots(self.connection, pending)
        differing = [name for name in pending if present.get(name) != self._stated.get(name)]
        if differing:
            raise IntegrityError(
                f"what was kept of {', '.join(differing)} of {self.connection} is not what the "
                "evaluation before left; run `ccm verify`, and restore the store from a backup"
            )
        self._compared |= set(pending)

    def begin_writing(self, names: Iterable[str]) -> None:
        """Note that some lists change from here on.

        Raises:
            IntegrityError: One is not what the evaluation before left.
        """
        changing = set(names)
        self.require(*changing)
        self._written |= changing

    def digests(self) -> Mapping[str, str]:
        """Return the digests of all lists as they are now."""
        if self._stated is None:
            return self.derived.line_roots(self.connection)
        kept = {name: root for name, root in self._stated.items() if name not in self._written}
        return kept | dict(self.derived.line_roots(self.connection, sorted(self._written)))
