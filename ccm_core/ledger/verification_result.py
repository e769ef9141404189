"""The outcome of a verification: each problem, and what no signature proves yet."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from ccm_core.ledger.key_history import SigningKey
from ccm_core.model.evaluation.reevaluation import Reevaluation
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationProblem:
    """One thing that is not what was stored."""

    label: str
    """Such as ``record acme.service 'X1'``, as a person would name it."""
    problem: str
    """What is there, and what was stored."""
    log: str | None = None
    """The log of the ledger; None for what has no leaf."""
    leaf: int | None = None
    """The number of the leaf in it."""
    table: str | None = None
    """The table of the row."""
    field: str | None = None
    """The field that differs."""

    def __str__(self) -> str:
        """Return where it is, what it is, and how it differs."""
        where = [] if self.log is None else [f"log {self.log}"]
        where += [] if self.leaf is None else [f"leaf {self.leaf}"]
        field = f": {self.field}" if self.field else ""
        return f"{', '.join([*where, self.label])}{field}: {self.problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """One log, as it was verified."""

    log: str
    origin: str
    size: int
    root: str
    """In base64, as checkpoints write it."""
    signed_size: int
    """The size of its newest signed head; 0 where none is."""
    signed_by: str | None = None
    """The key that signed that head, as ``name+id+key``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """One key that heads were signed with."""

    key: str
    """As ``name+id+key``."""
    since: datetime
    handed_over: bool
    """Whether the key before it signed that it follows; true for the first."""

    @classmethod
    def of(cls, key: SigningKey) -> Self:
        """Return the state of a key of the history."""
        return cls(key=str(key.key), since=key.since, handed_over=key.handed_over)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The outcome of verifying a store."""

    store: str
    """The identity of the store."""
    logs: tuple[LogState, ...] = ()
    keys: tuple[KeyState, ...] = ()
    leaves: int = 0
    bodies: int = 0
    """Bodies and documents that were hashed again."""
    erased: int = 0
    """Versions whose body was deleted by order."""
    checkpoints: int = 0
    """Signed heads whose signature and root are valid."""
    pins: int = 0
    """Pinned heads that the store is still consistent with."""
    problems: tuple[VerificationProblem, ...] = ()
    more: int = 0
    """How many problems there are beyond those."""
    unproven: tuple[str, ...] = ()
    """What no signature covers, though nothing is wrong with it."""
    reevaluation: Reevaluation | None = None
    """How much of the newest evaluation was derived anew; None: nothing."""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems
