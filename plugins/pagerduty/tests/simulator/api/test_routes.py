"""Every path and parameter of the simulator exists in the vendor's description of the API."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pagerduty_simulator
import pytest
from pagerduty_simulator.api.routes import ROUTES

NOT_IN_THE_SUBSET = {
    "/services/{id}": "looks up a reference whose target is not listed",
    "/escalation_policies/{id}": "looks up a reference whose target is not listed",
    "/teams/{id}": "looks up a reference whose target is not listed",
    "/users/{id}": "looks up a reference whose target is not listed",
    "/incidents/{id}": "reads one incident again that changed after its window",
}
"""Paths of the API that the reduced description omits, and why they are served."""
READ_BY_THE_SIMULATOR = re.compile(
    r"request\.(?:value|flag|values|integer|instant)\(\s*\"(\w+)\""
    r"|_valid_values\(request, \"(\w+)\""
)
WINDOW = {"since": "2026-11-20T00:00:00Z", "until": "2026-11-21T00:00:00Z"}
"""What lists of overrides require."""
NOT_DESCRIBED = {"calendar_urls"}


@pytest.fixture(scope="module")
def paths(reference_data):
    """The described paths, with parameters and wrapper keys."""
    described = {}
    names = ("openapi-subset.json", "openapi-subset-depth.json", "openapi-subset-v3-schedules.json")
    for name in names:
        document = json.loads((reference_data / name).read_text())
        for path, item in document["paths"].items():
            described[path] = (
                _parameters(document, item),
                _wrapper(document, item["get"]["responses"]),
            )
    return described


def _resolved(document, part):
    while "$ref" in part:
        target = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[int(step)] if isinstance(target, list) else target[step]
        part = target
    return part


def _parameters(document, item):
    listed = item.get("parameters", []) + item["get"].get("parameters", [])
    return {
        resolved["name"]
        for parameter in listed
        if (resolved := _resolved(document, parameter))["in"] == "query"
    }


def _wrapper(document, responses):
    """Return the keys around what is listed; one list is described as created (201)."""
    response = responses.get("200", responses.get("201"))
    if response is None:
        return set()
    schema = _resolved(document, response)["content"]["application/json"]["schema"]
    schema = _resolved(document, schema)
    keys = set(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        keys |= set(_resolved(document, part).get("properties", {}))
    return keys


def test_every_path_is_described(paths):
    """Or listed here with the reason."""
    assert ROUTES.keys() - paths.keys() == NOT_IN_THE_SUBSET.keys()


def test_every_parameter_is_described(paths):
    """Each name the simulator reads is a parameter of some path it serves."""
    source = Path(pagerduty_simulator.__file__).parent
    read = {
        next(filter(None, match.groups()))
        for module in source.rglob("*.py")
        for match in READ_BY_THE_SIMULATOR.finditer(module.read_text())
    }
    described = {
        name.removesuffix("[]") for path in ROUTES if path in paths for name in paths[path][0]
    }
    assert {"limit", "offset", "total", "statuses", "since", "time_zone"} <= read | {"time_zone"}
    assert read <= described | NOT_DESCRIBED


@pytest.mark.parametrize("path", sorted(ROUTES.keys() - NOT_IN_THE_SUBSET.keys()))
def test_every_wrapper_key_is_described(paths, get, account, path):
    """The keys around the objects are described; ``total`` is an extra of shift-based schedules."""
    query = WINDOW if path.endswith("/overrides") else {}
    query |= {"ids[]": next(iter(account.services))} if "/scores/" in path else {}
    response = get(_filled(path, account), query)
    if response.status_code != 200:
        assert path in {"/users/me", "/abilities/{id}"}
        return
    allowed = paths[path][1] | ({"total"} if path.startswith("/v3/schedules") else set())
    assert set(response.json()) <= allowed


def _filled(path, account):
    if "{" not in path:
        return path
    if path.startswith("/event_orchestrations"):
        service, entry = next(iter(account.services)), next(iter(account.orchestrations))
        return path.replace("{service_id}", service).replace("{id}", entry)
    if path.startswith(("/service_dependencies", "/standards")):
        of = account.services if "technical" in path else account.business_services
        return path.replace("{id}", next(iter(of))).format(resource_type="technical_services")
    form = "shifts" if path.startswith("/v3") else "layers"
    ids = {
        "schedules": next(
            schedule.id for schedule in account.schedules.values() if schedule.form == form
        ),
        "services": next(iter(account.services)),
        "users": next(iter(account.users)),
        "teams": next(iter(account.teams)),
        "abilities": "sso",
        "incidents": "1",
    }
    kind = path.removeprefix("/v3").split("/")[1]
    return path.replace("{id}", ids[kind])
