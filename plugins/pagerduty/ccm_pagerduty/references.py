"""References between records: titles, owner teams, and the form in which rows show them."""

from __future__ import annotations

from ccm_core.sdk.json_codec import JsonObject


def title_of(body: JsonObject) -> str:
    """Return the title of an object or a reference; its id where it has none."""
    return str(body.get("name") or body.get("summary") or body.get("id") or "?")


def owners_of(body: JsonObject) -> tuple[str, ...]:
    """Return the owner teams of an object, sorted, once each; a deleted team owns nothing."""
    teams = references_in(body, "teams")
    return tuple(sorted({title_of(ref) for ref in teams if not ref.get("deleted_at")}))


def id_and_title(ref: JsonObject) -> JsonObject:
    """Return a reference as rows show it."""
    return {"id": ref.get("id"), "title": title_of(ref)}


def references_in(body: JsonObject, field: str) -> list[JsonObject]:
    """Return the references in a list; null and a missing list are both empty."""
    return [ref for ref in body.get(field) or () if ref and ref.get("id")]


def reference_to(body: JsonObject, kind: str) -> JsonObject:
    """Return a reference to an object, in the form that the API uses.

    Args:
        body: The object's current body.
        kind: The reference's type, such as ``team_reference``.
    """
    return {
        "id": body["id"],
        "type": kind,
        "summary": body.get("summary") or body.get("name"),
        "html_url": body.get("html_url"),
    }
