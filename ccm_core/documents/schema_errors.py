"""Checks a document against a JSON Schema and says each mistake in plain words, at its place.

A schema may carry ``x-ccm-secret: true`` where a secret might be written by mistake: what was
found there is then never repeated. ``examples`` are shown where a text has the wrong form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccm_core.documents.error_phrases import found, quoted, suggest, wanted
from ccm_core.errors import Mistake
from ccm_core.model.json_codec import JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

    from ccm_core.documents.document import Document, Path


def check(
    document: Document, schema: JsonObject, *, under: Path = (), absent: Any = None
) -> list[Mistake]:
    """Find everything in a document, or in one part of it, that a schema does not allow.

    Args:
        document: The document.
        schema: JSON Schema, 2020-12. Formats are asserted.
        under: The way to the part that is to be checked.
        absent: What that part is taken to be where the document does not have it.
    """
    errors = list(_validator(schema).iter_errors(document.get(under, absent)))
    return sorted({one for error in errors for one in _explain(document, under, error)})


def _validator(schema: JsonObject) -> Validator:
    from jsonschema import Draft202012Validator

    from ccm_core.documents.format_names import checker

    return Draft202012Validator(schema, format_checker=checker())


def _explain(document: Document, under: Path, error: ValidationError) -> Iterator[Mistake]:
    path = (*under, *error.absolute_path)
    match error.validator:
        case "additionalProperties" | "unevaluatedProperties" if isinstance(_instance(error), dict):
            yield from _unknown_keys(document, path, error)
        case "required":
            yield from _missing_keys(document, path, error)
        case "anyOf" | "oneOf" if error.context:
            yield from _alternatives(document, under, error)
        case _:
            yield document.mistake(path, _say(error))


def _unknown_keys(document: Document, path: Path, error: ValidationError) -> Iterator[Mistake]:
    """Name each key that is not allowed. The validator names them only inside its message."""
    known = list(_schema(error).get("properties", {}))
    for key in _instance(error):
        if repr(key) in error.message:
            yield document.mistake((*path, key), suggest("key", key, known), key=True)


def _missing_keys(document: Document, path: Path, error: ValidationError) -> Iterator[Mistake]:
    """Name the missing key. The validator gives one error for each, named in its message."""
    properties = _schema(error).get("properties", {})
    wanted_keys: Any = error.validator_value
    for key in wanted_keys:
        if key not in _instance(error) and error.message.startswith(f"{key!r} "):
            purpose = properties.get(key, {}).get("description", "")
            yield document.mistake(path, f"{quoted(key)} is missing{purpose and ': ' + purpose}")


def _alternatives(document: Document, under: Path, error: ValidationError) -> Iterator[Mistake]:
    """Explain the one alternative that was meant; name all of them where that is not plain."""
    branches: dict[Any, list[ValidationError]] = {}
    alternatives: Any = error.validator_value
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    meant = [inner for inner in branches.values() if not _another_thing(inner, error)]
    if len(meant) == 1:
        for inner in meant[0]:
            yield from _explain(document, under, inner)
    else:
        choices = " or ".join(dict.fromkeys(wanted(one) for one in alternatives))
        path = (*under, *error.absolute_path)
        yield document.mistake(path, f"wanted {choices}; found {_found(error)}")


def _another_thing(errors: Iterable[ValidationError], parent: ValidationError) -> bool:
    """Whether an alternative is about another type of value, or another value of a fixed key."""
    return any(
        (inner.validator == "type" and inner.absolute_path == parent.absolute_path)
        or inner.validator == "const"
        for inner in errors
    )


def _say(error: ValidationError) -> str:
    if isinstance(error.schema, bool):
        return "this may not stand here; remove it"
    if error.validator in ("enum", "const"):
        value: Any = error.validator_value
        choices = [value] if error.validator == "const" else value
        if isinstance(_instance(error), str) and not _secret(error):
            return suggest("value", _instance(error), [str(one) for one in choices])
    if error.validator in _BOUNDS:
        bound = _BOUNDS[str(error.validator)].format(error.validator_value)
        return f"wanted {bound}; found {_found(error)}"
    return f"wanted {wanted(_schema(error))}; found {_found(error)}"


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


def _found(error: ValidationError) -> str:
    return found(_instance(error), hide=_secret(error))


def _secret(error: ValidationError) -> bool:
    return bool(_schema(error).get("x-ccm-secret"))


def _schema(error: ValidationError) -> JsonObject:
    return error.schema if isinstance(error.schema, dict) else {}


def _instance(error: ValidationError) -> Any:
    return error.instance
