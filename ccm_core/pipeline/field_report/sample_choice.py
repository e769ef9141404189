"""Chooses among the records of a kind while they are read: one of each shape."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from ccm_core.model.evidence.record import Record
from ccm_core.pipeline.field_report.redaction import features
from ccm_core.pipeline.field_report.sampled_kind import SampledKind

_MOST_SHAPES = 40
_MOST_FEATURES = 60
_MOST_FOLLOWING = 100


class SampleChoice:
    """Keeps a record of each shape; where there are too many shapes, those with a new feature.

    Records that refer to an event that is followed are kept as well, so that its course is whole.
    """

    def __init__(self, kind: SampledKind, followed: AbstractSet[tuple[str, str]]) -> None:
        """Begin with no record.

        Args:
            kind: Of which kind they are.
            followed: Events, as kind and key.
        """
        self.records: list[Record] = []
        self.read = self._following = 0
        self._kind, self._followed = kind, followed
        self._features: set[str] = set()
        self._shapes: set[frozenset[str]] = set()
        self._sampled: set[frozenset[str]] = set()

    @property
    def shapes(self) -> int:
        """How many shapes were read."""
        return len(self._shapes)

    @property
    def shapes_left_out(self) -> int:
        """How many of them no record has that was kept."""
        return len(self._shapes - self._sampled)

    def look_at(self, record: Record) -> None:
        """Count a record, and keep it where it shows something new."""
        self.read += 1
        shape = frozenset(features(record.body, self._kind.spec))
        self._shapes.add(shape)
        if self._is_new(shape) or self._follows(record):
            self.records.append(record)
            self._sampled.add(shape)
            self._features |= shape

    def _is_new(self, shape: frozenset[str]) -> bool:
        if shape in self._sampled:
            return False
        most = _MOST_FEATURES if shape - self._features else _MOST_SHAPES
        return len(self._sampled) < most

    def _follows(self, record: Record) -> bool:
        if not self._followed or self._following >= _MOST_FOLLOWING:
            return False
        follows = not self._followed.isdisjoint(self._kind.targets(record.body))
        self._following += follows
        return follows
