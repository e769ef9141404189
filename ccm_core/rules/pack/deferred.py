"""Parts of a pack that are compiled when they are first needed.

Threads and evaluations share compiled packs, so that nothing may be memorized in them but this:
what compiling gives. It is an immutable value, and a function of values that nobody changes: the
text of a pack, the parameters that were set, the schemas of what is installed. Nothing of an
evaluation, a connection or a row reaches it. So everybody gets what whoever asked first got; and
the lock only spares compiling it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

from ccm_core.errors import DocumentError, Mistake
from ccm_core.model.frozen_dataclass import dataclass

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Compilation(Generic[Part]):
    """What compiling a part gave."""

    part: Part | None
    """As far as it could be compiled."""
    mistakes: Sequence[Mistake] = ()
    """What is wrong with it, so that it must not be used."""


class Deferred(Generic[Part]):
    """A part of a pack that is compiled once, when it is first needed."""

    __slots__ = ("_compilation", "_lock", "_make")

    def __init__(self, make: Callable[[], Compilation[Part]]) -> None:
        """Keep how to compile it: a pure function of values that nobody changes."""
        self._make, self._lock = make, Lock()
        self._compilation: Compilation[Part] | None = None

    @classmethod
    def of(cls, part: Part) -> Deferred[Part]:
        """Return a part that is compiled already."""
        return cls(lambda: Compilation(part))

    @property
    def compilation(self) -> Compilation[Part]:
        """Return what compiling it gives, mistakes and all."""
        compilation = self._compilation
        if compilation is None:
            with self._lock:
                compilation = self._compilation = self._make()
                self._make = lambda: compilation  # what it was made of may go
        return compilation

    @property
    def part(self) -> Part:
        """Return it compiled.

        Raises:
            DocumentError: It has mistakes.
        """
        compilation = self.compilation
        if compilation.part is None or compilation.mistakes:
            raise DocumentError(dict.fromkeys(compilation.mistakes))
        return compilation.part
