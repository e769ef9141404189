"""Schema errors of a document as mistakes: in plain words, each at its location.

A schema may carry ``x-ccm-secret: true`` where a secret might be written by mistake: the value
there is then never repeated. ``examples`` are shown where a text has the wrong form.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ccm_core.documents.error_phrases import actual_value, expected_value, quoted, suggest
from ccm_core.errors import Mistake
from ccm_core.model.json_codec import JsonObject
from ccm_core.model.string_formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jsonschema import ValidationError
    from jsonschema.protocols import Validator
    from jsonschema_rs import Draft202012Validator as QuickValidator

    from ccm_core.documents.document import Document, Path


class DocumentSchema:
    """A schema by which documents are checked, compiled once."""

    def __init__(self, schema: JsonObject) -> None:
        """Compile a schema: JSON Schema, 2020-12. Formats are asserted."""
        self._schema, self._quick = schema, _quick_validator(schema)

    def mistakes(
        self, document: Document, *, under: Path = (), absent: Any = None
    ) -> list[Mistake]:
        """Return every mistake in a document, or in one part of it.

        Args:
            document: The document.
            under: The path of the part to check.
            absent: The value of that part where the document does not have it.
        """
        value = document.get(under, absent)
        if self._quick is not None and self._quick.is_valid(value):
            return []
        errors = _validator(self._schema).iter_errors(value)
        mistakes = {mistake for error in errors for mistake in _mistakes(document, under, error)}
        return sorted(mistakes)


def check(
    document: Document, schema: JsonObject, *, under: Path = (), absent: Any = None
) -> list[Mistake]:
    """Return every mistake in a document, or in one part of it, by a schema."""
    return DocumentSchema(schema).mistakes(document, under=under, absent=absent)


def _quick_validator(schema: JsonObject) -> QuickValidator | None:
    """Return the validator that decides; None: it cannot compile the schema, the other one can."""
    import jsonschema_rs

    try:
        return jsonschema_rs.Draft202012Validator(
            schema, validate_formats=True, formats=dict(FORMATS), offline=True
        )
    except ValueError:
        return None


def _validator(schema: JsonObject) -> Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    from ccm_core.documents.format_names import format_checker

    keywords = {"pattern": _pattern_errors}
    whole: type[Validator] = extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    return whole(schema, format_checker=format_checker())


def _pattern_errors(
    _validator: Validator, pattern: str, instance: object, _schema: JsonObject
) -> Iterator[ValidationError]:
    """Yield an error where a text does not match; Python's ``$`` would let a line feed follow."""
    from jsonschema import ValidationError

    strict = f"{pattern[:-1]}\\Z" if pattern.endswith("$") else pattern
    if isinstance(instance, str) and not re.search(strict, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _mistakes(document: Document, under: Path, error: ValidationError) -> Iterator[Mistake]:
    path = (*under, *error.absolute_path)
    match error.validator:
        case "additionalProperties" | "unevaluatedProperties" if isinstance(_instance(error), dict):
            yield from _unknown_keys(document, path, error)
        case "required":
            yield from _missing_keys(document, path, error)
        case "anyOf" | "oneOf" if error.context:
            yield from _alternatives(document, under, error)
        case _:
            yield document.mistake(path, _message(error))


def _unknown_keys(document: Document, path: Path, error: ValidationError) -> Iterator[Mistake]:
    """Yield a mistake for each key that is not allowed: the validator has one error for all."""
    allowed = list(_schema(error).get("properties", {}))
    for key in _instance(error):
        if repr(key) in error.message:
            yield document.mistake((*path, key), suggest("key", key, allowed), key=True)


def _missing_keys(document: Document, path: Path, error: ValidationError) -> Iterator[Mistake]:
    """Yield the mistake of a missing key: the validator names it only in its message."""
    properties = _schema(error).get("properties", {})
    required_keys: Any = error.validator_value
    for key in required_keys:
        if key not in _instance(error) and error.message.startswith(f"{key!r} "):
            purpose = properties.get(key, {}).get("description", "")
            yield document.mistake(path, f"{quoted(key)} is missing{purpose and ': ' + purpose}")


def _alternatives(document: Document, under: Path, error: ValidationError) -> Iterator[Mistake]:
    """Yield the mistakes of the alternative that was meant, or one that names all of them."""
    branches: dict[Any, list[ValidationError]] = {}
    alternatives: Any = error.validator_value
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    meant = [inner for inner in branches.values() if not _is_not_meant(inner, error)]
    if len(meant) == 1:
        for inner in meant[0]:
            yield from _mistakes(document, under, inner)
    else:
        choices = " or ".join(dict.fromkeys(expected_value(schema) for schema in alternatives))
        path = (*under, *error.absolute_path)
        yield document.mistake(path, f"expected {choices}; got {_actual(error)}")


def _is_not_meant(errors: Iterable[ValidationError], parent: ValidationError) -> bool:
    """Return whether an alternative is of another type, or has another value of a fixed key."""
    return any(
        (inner.validator == "type" and inner.absolute_path == parent.absolute_path)
        or inner.validator == "const"
        for inner in errors
    )


def _message(error: ValidationError) -> str:
    if isinstance(error.schema, bool):
        return "this is not allowed here; remove it"
    if error.validator in ("enum", "const"):
        value: Any = error.validator_value
        choices = [value] if error.validator == "const" else value
        if isinstance(_instance(error), str) and not _secret(error):
            return suggest("value", _instance(error), [str(choice) for choice in choices])
    if error.validator in _BOUNDS:
        bound = _BOUNDS[str(error.validator)].format(error.validator_value)
        return f"expected {bound}; got {_actual(error)}"
    return f"expected {expected_value(_schema(error))}; got {_actual(error)}"


_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters or fewer",
    "minItems": "{} items or more",
    "maxItems": "{} items or fewer",
    "minProperties": "{} keys or more",
    "maxProperties": "{} keys or fewer",
    "uniqueItems": "no item twice",
}


def _actual(error: ValidationError) -> str:
    return actual_value(_instance(error), hide=_secret(error))


def _secret(error: ValidationError) -> bool:
    return bool(_schema(error).get("x-ccm-secret"))


def _schema(error: ValidationError) -> JsonObject:
    return error.schema if isinstance(error.schema, dict) else {}


def _instance(error: ValidationError) -> Any:
    return error.instance
