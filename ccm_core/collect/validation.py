"""Validation: ``jsonschema-rs`` says yes, ``jsonschema`` explains a no.

The first takes a few microseconds for a record, the second gives the best messages. A test holds
the two equal on every shipped schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccm_core.model.json_codec import JsonObject
from ccm_core.model.string_formats import FORMATS

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_MOST_PROBLEMS = 20


class SchemaValidator:
    """One schema, compiled once, formats asserted."""

    def __init__(self, schema: JsonObject) -> None:
        """Compile a draft 2020-12 schema that refers to nothing outside itself."""
        import jsonschema_rs

        self._schema = schema
        self._quick = jsonschema_rs.Draft202012Validator(
            schema, validate_formats=True, formats=dict(FORMATS), offline=True
        )
        self._slow: Validator | None = None

    def problems(self, body: JsonObject) -> tuple[str, ...]:
        """Give each problem led by its JSON path; none when the body is as the schema wants it."""
        if self._quick.is_valid(body):
            return ()
        errors = sorted(self._explainer().iter_errors(body), key=lambda error: error.json_path)
        told = tuple(f"{error.json_path}: {_worded(error)}" for error in errors[:_MOST_PROBLEMS])
        return told or ("$: refused by the schema",)

    def _explainer(self) -> Validator:
        if self._slow is None:
            from jsonschema import Draft202012Validator

            from ccm_core.documents.format_names import checker

            self._slow = Draft202012Validator(self._schema, format_checker=checker())
        return self._slow


def _worded(error: Any) -> str:
    """Say what was wanted without repeating the value: it may be what must not be kept."""
    wanted = error.validator_value
    match error.validator:
        case "type":
            return f"wanted {wanted}, found {type(error.instance).__name__}"
        case "required":
            absent = [name for name in wanted if name not in error.instance]
            return f"lacks {', '.join(absent)}"
        case "enum" | "const":
            return f"wanted one of {wanted}"
        case "additionalProperties":
            return "has fields the schema does not name"
        case word:
            return f"does not satisfy {word} {wanted!r}"[:200]
