"""Validates records: ``jsonschema-rs`` accepts or rejects, ``jsonschema`` explains a rejection.

The first takes a few microseconds for a record, the second has the best messages. A test compares
the two on every shipped schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccm_core.model.json_codec import JsonObject
from ccm_core.model.string_formats import FORMATS

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_MAX_PROBLEMS = 20


class SchemaValidator:
    """One schema, compiled once, formats asserted."""

    def __init__(self, schema: JsonObject) -> None:
        """Compile a draft 2020-12 schema that refers to nothing outside itself."""
        import jsonschema_rs

        self._schema = schema
        self._fast = jsonschema_rs.Draft202012Validator(
            schema, validate_formats=True, formats=dict(FORMATS), offline=True
        )
        self._explaining: Validator | None = None

    def problems(self, body: JsonObject) -> tuple[str, ...]:
        """Return each problem with its JSON path in front; none when the body is valid."""
        if self._fast.is_valid(body):
            return ()
        errors = sorted(self._explainer().iter_errors(body), key=lambda error: error.json_path)
        problems = tuple(
            f"{error.json_path}: {_message(error)}" for error in errors[:_MAX_PROBLEMS]
        )
        return problems or ("$: rejected by the schema",)

    def _explainer(self) -> Validator:
        if self._explaining is None:
            from jsonschema import Draft202012Validator

            from ccm_core.documents.format_names import format_checker

            self._explaining = Draft202012Validator(self._schema, format_checker=format_checker())
        return self._explaining


def _message(error: Any) -> str:
    """Describe what was expected without the value, which may be personal data."""
    expected = error.validator_value
    match error.validator:
        case "type":
            return f"expected {expected}, got {type(error.instance).__name__}"
        case "required":
            absent = [name for name in expected if name not in error.instance]
            return f"is missing {', '.join(absent)}"
        case "enum" | "const":
            return f"expected one of {expected}"
        case "additionalProperties":
            return "has fields that are not in the schema"
        case keyword:
            return f"does not satisfy {keyword} {expected!r}"[:200]
