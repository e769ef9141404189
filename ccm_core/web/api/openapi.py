"""The description of the API for programs: OpenAPI 3.1, made of the table of routes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccm_core.model.json_codec import JsonObject
    from ccm_core.web.route import Route

_PART = re.compile(r"\{(\w+)(:path)?\}")
_FILTERS = {
    "state": "Only findings in this state; may be repeated. Default: all that are not closed.",
    "severity": "Only findings of this severity; may be repeated.",
    "owner": "Only what this team or person owns; nobody: what has no owner.",
    "rule": "Only findings of this check; may be repeated.",
    "connection": "Only findings of this connection; may be repeated.",
    "control": "Only findings of checks that support this control, as framework:id.",
    "framework": "Only findings of checks that support this framework.",
    "older_than": "Only what was opened longer ago, such as 7d.",
    "overdue": "yes: only what is overdue.",
}
_PAGED = {
    "limit": "Entries of one page, from 1 to 500. Default: 100.",
    "cursor": "The `next` of the page before.",
}
_QUERIES = {
    "/api/v1/findings": {**_FILTERS, **_PAGED},
    "/api/v1/evidence/{connection}/{kind}": _PAGED,
    "/api/v1/runs": {"limit": _PAGED["limit"]},
}
_PROBLEM: JsonObject = {
    "type": "object",
    "description": "A problem, as RFC 9457 describes it.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def openapi_document(routes: Iterable[Route], version: str) -> JsonObject:
    """Return the description of all routes of the API."""
    paths: JsonObject = {}
    for route in routes:
        if route.is_api:
            path = _PART.sub(r"{\1}", route.path)
            paths.setdefault(path, {})[route.method.lower()] = _operation(route, path)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ccm",
            "version": version,
            "description": "What the command line prints with --json, for programs. Read-only.",
        },
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "ccm-session"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{"session": []}, {"token": []}],
    }


def _operation(route: Route, path: str) -> JsonObject:
    summary = (route.answer.__doc__ or "").strip().splitlines()[0]
    return {
        "operationId": f"{route.method.lower()}{re.sub('[^a-z0-9]+', '_', path.lower())}",
        "summary": summary,
        "description": f"Needs the permission to {route.permission.value}.",
        "parameters": [*_in_path(route), *_in_query(path)],
        "responses": {
            "200": {
                "description": "The document.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **{status: _problem(words) for status, words in _PROBLEMS.items()},
        },
    }


_PROBLEMS = {
    "400": "The address asks for what cannot be; the detail lists every mistake.",
    "401": "Nobody is signed in.",
    "403": "The role may not do this.",
    "404": "There is no such thing.",
    "409": "The settings or a pack have mistakes.",
    "500": "Stored evidence is not what was stored, or the console made a mistake of its own.",
    "503": "The store cannot be read now, or nothing was collected yet.",
}


def _problem(description: str) -> JsonObject:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": schema}},
    }


def _in_path(route: Route) -> Sequence[JsonObject]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name, _ in _PART.findall(route.path)
    ]


def _in_query(path: str) -> Sequence[JsonObject]:
    return [
        {
            "name": name,
            "in": "query",
            "description": description,
            "schema": {"type": "string"},
        }
        for name, description in _QUERIES.get(path, {}).items()
    ]
