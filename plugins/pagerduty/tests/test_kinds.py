"""The evidence kinds: their schemas keep what rules need, and nothing that is secret."""

from __future__ import annotations

from copy import deepcopy

import jsonschema_rs  # noqa: TID253 - the two validators are what is compared
import pytest
import yaml
from ccm_pagerduty.collectors import collectors
from ccm_pagerduty.connector import settings_schema
from ccm_pagerduty.kinds import kinds
from ccm_pagerduty.rulepacks import rule_packs
from ccm_pagerduty.views import views
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker  # noqa: TID253 - the same

from ccm_core.sdk.types import Shape

KINDS = {kind.name: kind for kind in kinds()}
SECRET = (
    "integration_key",
    "service_key",
    "http_cal_url",
    "web_cal_url",
    "address",
    "country_code",
    "avatar_url",
    "job_title",
    "body",
    "details",
    "note",
    "conference_bridge",
)
WORDS = (
    "$ref",
    "$schema",
    "$id",
    "$defs",
    "title",
    "description",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "maxItems",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "enum",
    "format",
    "anyOf",
    "x-ccm-privacy",
    "x-ccm-references",
    "x-ccm-vocabulary",
)

every_kind = pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in KINDS])


def nodes(schema, path="$"):
    """Yield every schema inside a schema, with its path."""
    yield path, schema
    for word in ("properties", "$defs"):
        for name, child in schema.get(word, {}).items():
            yield from nodes(child, f"{path}.{name}")
    for index, child in enumerate(schema.get("anyOf", ())):
        yield from nodes(child, f"{path}|{index}")
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]")


def resolved(schema, node):
    """Follow a reference inside a schema."""
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return node


def kept(schema, node=None):
    """Yield the names of every stored field, however deep."""
    node = resolved(schema, schema if node is None else node)
    for child in (*node.get("anyOf", ()), *([node["items"]] if "items" in node else ())):
        yield from kept(schema, child)
    for name, child in node.get("properties", {}).items():
        if resolved(schema, child).get("x-ccm-privacy") != "drop":
            yield name
            yield from kept(schema, child)


# -- how they are written ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "schema",
    [
        *(pytest.param(kind.schema(), id=name) for name, kind in KINDS.items()),
        pytest.param(settings_schema(), id="settings"),
    ],
)
def test_both_validators_accept_the_schema(schema):
    """It is a draft 2020-12 schema to the one that is quick and to the one that explains."""
    Draft202012Validator.check_schema(schema)
    jsonschema_rs.meta.validate(schema)
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


@every_kind
def test_every_object_is_closed_and_every_field_described(name):
    """A schema is an allow-list that tells a reader what each field is."""
    schema = KINDS[name].schema()
    assert schema["$id"] == f"urn:ccm:evidence:{name}:v1"
    for path, node in nodes(schema):
        if node.get("type") == "object":
            assert node.get("additionalProperties") is False, path
        if node.get("type") == "array" or "array" in node.get("type", ()):
            assert "maxItems" in node, path
        assert "description" in node or "$ref" in node or node == {"type": "null"}, path
        assert set(node) <= set(WORDS), path


@every_kind
def test_secret_and_personal_fields_are_not_stored(name):
    """Keys, feeds, addresses and what monitoring tools sent have no place in a record."""
    own = {"details"} if name == "pagerduty.audit_record" else set()  # which fields were changed
    assert set(kept(KINDS[name].schema())) & set(SECRET) - own == set()


def test_what_may_be_personal_is_kept_as_a_pseudonym_and_only_there():
    """A person's address, values in the audit trail, and what rules for events look for."""
    marked = {
        (name, path)
        for name, kind in KINDS.items()
        for path, node in nodes(kind.schema())
        if node.get("x-ccm-privacy") == "pseudonym"
    }
    assert marked == {
        ("pagerduty.user", "$.email"),
        ("pagerduty.audit_record", "$.field_change.private_value"),
        ("pagerduty.audit_record", "$.field_change.private_before_value"),
        ("pagerduty.service_custom_fields", "$.field.private_values[]"),
        ("pagerduty.event_orchestration_path", "$.condition.expression"),
        ("pagerduty.service_orchestration", "$.condition.expression"),
    }
    emails = {name for name, kind in KINDS.items() if "email" in set(kept(kind.schema()))}
    assert emails == {"pagerduty.user"}


@every_kind
def test_references_lead_to_kinds_that_there_are(name):
    """A field that holds the key of another kind names one that this plugin owns."""
    marks = [
        node["x-ccm-references"]
        for _, node in nodes(KINDS[name].schema())
        if isinstance(node, dict) and "x-ccm-references" in node
    ]
    plain = {mark for mark in marks if isinstance(mark, str)}
    by_type = {kind for mark in marks if isinstance(mark, dict) for kind in mark["type"].values()}
    assert plain | by_type <= set(KINDS)


@every_kind
def test_what_identifies_and_names_a_record_is_kept(name):
    """The key, the instant, the title and the link are fields of the schema."""
    kind = KINDS[name]
    for path in filter(None, (*kind.key, kind.occurred_at, kind.title_field, kind.url_field)):
        node = kind.schema()
        for part in path.split("."):
            options = [resolved(kind.schema(), option) for option in node.get("anyOf", (node,))]
            node = next(option["properties"][part] for option in options if "properties" in option)
            node = resolved(kind.schema(), node)


OWNED = {"pagerduty.service", "pagerduty.escalation_policy", "pagerduty.schedule"}


@every_kind
def test_a_record_that_names_its_teams_has_them_as_owners(name):
    """Of a person or an incident the teams are those they are in, or that are concerned."""
    kind = KINDS[name]
    assert (kind.owners is not None) == (name in OWNED)
    if kind.owners:
        deleted_team = {"id": "T3", "summary": "Old", "deleted_at": "2026-01-01T00:00:00Z"}
        teams = [
            {"id": "T2", "summary": "Web"},
            {"id": "T1", "summary": "Core"},
            deleted_team,
            None,
        ]
        assert kind.owners({"teams": teams}) == ("Core", "Web")
        assert kind.owners({"teams": None}) == ()


def test_every_kind_has_one_collector_and_needs_come_first():
    """Nothing is collected that is not described, and nothing described is forgotten."""
    order = [collector.kind for collector in collectors()]
    assert sorted(order) == sorted(KINDS)
    for collector in collectors():
        for need in collector.needs:
            assert order.index(need) < order.index(collector.kind)


def test_every_kind_is_used():
    """A view or a rule reads it, or one that they read is read through it."""
    read = {kind for view in views() for kind in view.inputs}
    packs = [yaml.safe_load(pack.text()) for pack in rule_packs()]
    read |= {rule["over"] for pack in packs for rule in pack["rules"]}
    used = [collector for collector in collectors() if collector.kind in read]
    through = {need for collector in used for need in collector.needs}
    assert set(KINDS) <= read | through


def test_event_kinds_are_read_by_window_and_snapshots_as_a_whole():
    """Incidents, log entries, notes and audit records are; all else states its population."""
    events = {name for name, kind in KINDS.items() if kind.shape is Shape.EVENT}
    assert events == {
        "pagerduty.incident",
        "pagerduty.incident_log_entry",
        "pagerduty.incident_note",
        "pagerduty.audit_record",
    }
    windows = {collector.kind for collector in collectors() if collector.longest_window}
    assert windows == events


# -- the two validators agree -----------------------------------------------------------------


def sample(schema, node):
    """Draw a value that a schema describes, or nearly."""
    node = resolved(schema, node)
    if "anyOf" in node:
        return st.one_of([sample(schema, schema_type) for schema_type in node["anyOf"]])
    kinds_of = node.get("type", "null")
    return st.one_of(
        [
            _typed(schema, node, schema_type)
            for schema_type in ([kinds_of] if isinstance(kinds_of, str) else kinds_of)
        ]
    )


def _typed(schema, node, kind):
    if kind == "object":
        fields = {name: sample(schema, child) for name, child in node["properties"].items()}
        must = {name: fields.pop(name) for name in node.get("required", ())}
        return st.fixed_dictionaries(must, optional=fields)
    if kind == "array":
        return st.lists(sample(schema, node["items"]), max_size=2)
    texts = st.sampled_from(node.get("enum", ["", "P1", "x" * 201, "ü", "high"]))
    instants = st.sampled_from(
        [
            "2026-11-23T12:00:00Z",
            "2026-11-23T12:00:00.123-05:00",
            "2026-11-23T24:00:00Z",
            "2026-11-23",
            "2026-02-29T00:00:00Z",
            "",
        ]
    )
    return {
        "null": st.none(),
        "boolean": st.booleans(),
        "integer": st.sampled_from([-1, 0, 1, 7, 8, 2**53, 2**70, 1.0]),
        "number": st.sampled_from([-0.5, 0, 100, 99.99]),
        "string": instants if node.get("format") == "date-time" else texts,
    }[kind]


SPOILS = (None, 0, "x", [], {}, {"unknown": 1}, True)


QUICK = {
    name: jsonschema_rs.Draft202012Validator(kind.schema(), validate_formats=True)
    for name, kind in KINDS.items()
}
SLOW = {
    name: Draft202012Validator(kind.schema(), format_checker=FormatChecker())
    for name, kind in KINDS.items()
}


@every_kind
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_two_validators_give_the_same_verdict(name, data):
    """What the quick one accepts the explaining one accepts, and the other way round."""
    schema = KINDS[name].schema()
    body = data.draw(sample(schema, schema))
    if body and data.draw(st.booleans()):
        body = deepcopy(body)
        body[data.draw(st.sampled_from(sorted(body)))] = data.draw(st.sampled_from(SPOILS))
    assert QUICK[name].is_valid(body) == SLOW[name].is_valid(body)


@every_kind
def test_words_of_the_api_are_marked_as_such(name):
    """A field report has types, roles and statuses as they are: without the mark it has none."""
    words = ("type", "role", "status", "urgency")
    unmarked = [
        path
        for path, node in nodes(KINDS[name].schema())
        if path.rpartition(".")[2] in words
        and "string" in node.get("type", ())
        and not {"x-ccm-vocabulary", "x-ccm-privacy", "enum"} & node.keys()
    ]
    assert unmarked == []
