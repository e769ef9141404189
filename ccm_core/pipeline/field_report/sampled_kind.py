"""A kind whose records are sampled: what its schema says of its fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ccm_core.collect.references.schema_references import ReferenceField, reference_fields
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.pipeline.field_report.field_spec import FieldSpec, field_spec

if TYPE_CHECKING:
    from ccm_core.sdk.types import EvidenceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledKind:
    """A kind, what of its fields may be reported, and which of them refer to other objects."""

    kind: EvidenceKind
    spec: FieldSpec
    references: tuple[ReferenceField, ...]

    @property
    def name(self) -> str:
        """The name of the kind."""
        return self.kind.name

    def targets(self, body: JsonObject) -> Iterator[tuple[str, str]]:
        """Yield what a body refers to, as kind and key."""
        for reference in self.references:
            yield from reference.targets(body)

    def refers_to(self, kind: str) -> bool:
        """Whether records of this kind may refer to one of another."""
        return any(
            reference.kind == kind or kind in dict(reference.kinds).values()
            for reference in self.references
        )


def sampled_kind(kind: EvidenceKind) -> SampledKind:
    """Compile the schema of a kind."""
    schema = kind.schema()
    return SampledKind(kind=kind, spec=field_spec(schema), references=reference_fields(schema))
