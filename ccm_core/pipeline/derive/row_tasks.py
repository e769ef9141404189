"""What is derived and judged together, as values: what goes in, and what comes out.

They hold texts, digests, lines and plain rows, no record or compiled rule: a task can be handed to
another process, and what it gives can be handed back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field

from ccm_core.model.evaluation.derived import SubjectLine, VerdictLine
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.view import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionTask:
    """Partitions of a view to be derived, and their rows to be judged where they changed."""

    view: str
    names: AbstractSet[str]
    """All names of the partitions."""
    keys: Mapping[str, AbstractSet[str]]
    """The records that make them up: keys by kind."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """The digests of rows that are kept, by key of the subject: those are not judged again."""

    @property
    def size(self) -> int:
        """Return how many names of partitions there are."""
        return len(self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRowsTask:
    """Rows that are kept, to be judged again by the rules of one pack."""

    view: str
    pack: str
    keys: AbstractSet[str]

    @property
    def size(self) -> int:
        """Return how many rows there are."""
        return len(self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRowsTask:
    """Rows that were derived as a whole, to be judged."""

    view: str
    rows: Mapping[str, Row]
    """By key of the subject."""

    @property
    def size(self) -> int:
        """Return how many rows there are."""
        return len(self.rows)


RowTask = PartitionTask | KeptRowsTask | GivenRowsTask


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedBody:
    """The body of a record of a derived kind."""

    text: bytes
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedRow:
    """A row as it is kept."""

    body: DerivedBody
    line: SubjectLine


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSubject:
    """What the rules of a group say of one subject, as it is kept."""

    key: str
    body: DerivedBody
    line: VerdictLine


Verdicts = Mapping[str, Sequence[JudgedSubject]]
"""By pack over the view: those of subjects that were judged anew, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedRows:
    """What a task gave."""

    digests: Mapping[str, str] = field(default_factory=dict)
    """Of every row that was derived, by key of the subject."""
    changed: Mapping[str, EncodedRow] = field(default_factory=dict)
    """Those of them that differ from what is kept, by key."""
    verdicts: Verdicts = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Return how many rows were derived, or judged where that are more."""
        return max(len(self.digests), *(len(of_pack) for of_pack in self.verdicts.values()), 0)

    def of_subjects(self, keys: AbstractSet[str]) -> EvaluatedRows:
        """Return it with what changed of some subjects alone."""
        if self.changed.keys() == keys:
            return self
        return EvaluatedRows(
            digests=self.digests,
            changed={key: row for key, row in self.changed.items() if key in keys},
            verdicts={
                pack: [subject for subject in subjects if subject.key in keys]
                for pack, subjects in self.verdicts.items()
            },
        )
