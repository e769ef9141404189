"""What the JSON Schema of a row's body says of the paths that a rule reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ccm_core.documents import suggest
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.ast import ELEMENT, Path, dotted


@dataclass(frozen=True, slots=True)
class SchemaFields:
    """The fields of one kind's or view's rows."""

    schema: JsonObject

    def mistake(self, path: Path) -> str | None:
        """Say what is wrong with a path below ``row``, where something is."""
        places = [self.schema]
        for depth, step in enumerate(path):
            open_ended, below = self._step(places, step)
            if open_ended:
                return None
            if not below:
                known = sorted({name for place in places for name in self._names(place)})
                where = dotted(path[:depth])
                field = suggest("field", step, known)
                return f"{field} (in {where})" if where else field
            places = below
        return None

    def is_seconds(self, path: Path) -> bool:
        """Whether the field at a path is a duration in seconds."""
        return any(one.get("x-ccm-unit") == "seconds" for one in self._at(path))

    def is_code(self, path: Path) -> bool:
        """Whether the field at a path holds a word of an enumeration, or a list of such words."""
        return any("enum" in one for one in (*self._at(path), *self._at((*path, ELEMENT))))

    def names(self) -> Sequence[str] | None:
        """Name the fields at the top; None where there may be others."""
        if any(self._is_open(one) for one in self._variants(self.schema)):
            return None
        return sorted(self._names(self.schema))

    def _at(self, path: Path) -> list[JsonObject]:
        """Give all that the schema says of the field at a path."""
        places = [self.schema]
        for step in path:
            _, places = self._step(places, step)
        return [one for place in places for one in self._variants(place)]

    def _step(self, places: Sequence[JsonObject], step: str) -> tuple[bool, list[JsonObject]]:
        """Give whether anything may follow, and the schemas of what does."""
        variants = [one for place in places for one in self._variants(place)]
        below = [found for one in variants if (found := _below(one, step)) is not None]
        return not below and (not variants or any(map(self._is_open, variants))), below

    def _variants(self, place: Any) -> Iterator[JsonObject]:
        """Give a schema and all that it refers to or is put together from."""
        if not isinstance(place, dict):
            return
        yield place
        if isinstance(reference := place.get("$ref"), str):
            yield from self._variants(self._resolved(reference))
        for word in ("allOf", "anyOf", "oneOf"):
            for part in place.get(word, ()):
                yield from self._variants(part)

    def _resolved(self, reference: str) -> Any:
        place: Any = self.schema
        for step in reference.removeprefix("#").split("/")[1:]:
            place = place.get(step, {}) if isinstance(place, dict) else {}
        return place if reference.startswith("#") else {}

    def _names(self, place: JsonObject) -> set[str]:
        return {name for one in self._variants(place) for name in one.get("properties", {})}

    def _is_open(self, place: JsonObject) -> bool:
        """Whether a schema may hold fields that it does not name."""
        if "$ref" in place and not str(place["$ref"]).startswith("#"):
            return True
        types = place.get("type", ["object"] if "properties" in place else [])
        if types in ("object", ["object"]) or "object" in types:
            closed = place.get("additionalProperties") is False
            return not closed and not place.get("properties")
        return not types and not _SAYS_SOMETHING & set(place)


_SAYS_SOMETHING = {"$ref", "allOf", "anyOf", "oneOf", "enum", "const"}


def _below(place: JsonObject, step: str) -> JsonObject | None:
    if step == ELEMENT:
        found = place.get("items", place.get("additionalProperties"))
        return found if isinstance(found, dict) else None
    named = place.get("properties", {}).get(step)
    if named is None and isinstance(place.get("additionalProperties"), dict):
        named = place["additionalProperties"]
    return {} if named is True else named
