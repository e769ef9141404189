"""What a record says of other objects: references, what people call them, and who owns it."""

from __future__ import annotations

from ccm_core.sdk.json_codec import JsonObject


def title_of(body: JsonObject) -> str:
    """Give what a person calls an object or a reference; its id where nothing better is there."""
    return str(body.get("name") or body.get("summary") or body.get("id") or "?")


def owners_of(body: JsonObject) -> tuple[str, ...]:
    """Name the teams of an object, sorted, once each; a deleted team owns nothing."""
    teams = references(body, "teams")
    return tuple(sorted({title_of(ref) for ref in teams if not ref.get("deleted_at")}))


def id_and_title(ref: JsonObject) -> JsonObject:
    """Give a reference as rows show it."""
    return {"id": ref.get("id"), "title": title_of(ref)}


def references(body: JsonObject, field: str) -> list[JsonObject]:
    """Give the references in a list, where null and a missing list are both empty."""
    return [ref for ref in body.get(field) or () if ref and ref.get("id")]
