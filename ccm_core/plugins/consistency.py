"""Consistency of the catalog: the kinds, views and schemas that offers refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from ccm_core.errors import PluginFault
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.report_figures import ReportSection
from ccm_core.sdk.simulation.page import PageSimulation
from ccm_core.sdk.types import (
    Connector,
    EarliestRecords,
    EvidenceKind,
    SchemaLoader,
    Shape,
    View,
)

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator as QuickValidator


def problems(
    connectors: Mapping[str, Connector],
    kinds: Mapping[str, EvidenceKind],
    views: Mapping[str, View],
    sections: Mapping[str, ReportSection],
    page_simulations: Mapping[str, PageSimulation] = MappingProxyType({}),
) -> Iterator[str]:
    """Yield each reference to nothing and each invalid schema, offer by offer, by name."""
    for connector in connectors.values():
        yield from _connector_problems(connector, kinds)
    for kind in kinds.values():
        yield from _kind_problems(kind)
    manifests = {
        f"{name}.manifest" for name in connectors
    }  # the host's: the manifests of their runs
    for view in views.values():
        missing = [name for name in view.inputs if name not in kinds and name not in manifests]
        yield from (f"view {view.name} reads {_not_offered(name)}" for name in missing)
        if view.rows_of is not None and view.rows_of not in view.inputs:
            yield (
                f"view {view.name} has rows of {view.rows_of}, which is not one of its inputs; "
                f"expected one of {', '.join(view.inputs)}"
            )
        yield from _optional_problems(view, kinds)
        yield from _change_problems(view, kinds)
        yield from _earliest_problems(f"view {view.name}", view.earliest, view.inputs, kinds)
        if view.earliest and view.partitions is not None:
            yield f"view {view.name} asks for earliest records and has partitions; expected one"
        yield from _schema_problems(f"view {view.name}", view.schema)
    for section in sections.values():
        yield from _section_problems(section, views)
    for page in page_simulations.values():
        yield from _page_problems(page, connectors, kinds)


def _section_problems(section: ReportSection, views: Mapping[str, View]) -> Iterator[str]:
    for name in section.views:
        if name not in views:
            yield (
                f"report section {section.name} shows {name}, and no plugin that loaded offers "
                "this view"
            )
    for name in sorted(section.fields.keys() - set(section.views)):
        yield (
            f"report section {section.name} names fields of {name}, which is not one of its "
            f"views; expected one of {', '.join(section.views)}"
        )
    for name in sorted(section.conditions.keys() - section.fields.keys()):
        yield (
            f"report section {section.name} goes by condition parameters over {name}, of which "
            "it names no fields"
        )


def _page_problems(
    page: PageSimulation, connectors: Mapping[str, Connector], kinds: Mapping[str, EvidenceKind]
) -> Iterator[str]:
    owner = f"page simulation {page.name}"
    if page.connector not in connectors:
        yield f"{owner} is of connector {page.connector}, which no plugin that loaded offers"
    for name in page.inputs:
        if name not in kinds:
            yield f"{owner} reads {_not_offered(name)}"
    for name in (page.subject_kind, *page.vanished):
        if name not in page.inputs:
            yield (
                f"{owner} names {name}, which is not one of its inputs; expected one of "
                f"{', '.join(page.inputs)}"
            )
    yield from _earliest_problems(owner, page.earliest, page.inputs, kinds)


def _change_problems(view: View, kinds: Mapping[str, EvidenceKind]) -> Iterator[str]:
    for name in view.changes:
        if name not in view.inputs:
            yield f"view {view.name} reads changes of {name}, which is not one of its inputs"
        elif name in kinds and kinds[name].shape is not Shape.SNAPSHOT:
            yield f"view {view.name} reads changes of {name}; expected a snapshot kind"
    if view.changes and view.partitions is not None:
        yield f"view {view.name} reads changes and has partitions; expected one of the two"


def _earliest_problems(
    owner: str,
    earliest: Sequence[EarliestRecords],
    inputs: Sequence[str],
    kinds: Mapping[str, EvidenceKind],
) -> Iterator[str]:
    for asked in earliest:
        text = f"{owner} asks for the earliest records {asked.name} of {asked.kind}"
        if asked.kind not in kinds:
            yield f"{text}, and no plugin that loaded offers this evidence kind"
        elif kinds[asked.kind].shape is not Shape.EVENT:
            yield f"{text}; expected a kind of events"
        if asked.kind in inputs:
            yield f"{text}, which is one of its inputs; expected one of the two"


def _optional_problems(view: View, kinds: Mapping[str, EvidenceKind]) -> Iterator[str]:
    """Yield what is wrong with the fields that are said to rest on optional inputs.

    A field that is misspelled would let a rule be evaluated without what it rests on.
    """
    names: frozenset[str] = frozenset()
    with suppress(Exception):  # a schema that cannot be loaded is a problem of its own
        names = frozenset(view.schema().get("properties", {}))
    for kind, fields in view.optional.items():
        if kind not in view.inputs:
            yield f"view {view.name} has {kind} as optional, which is not one of its inputs"
        elif kind in kinds and not kinds[kind].optional:
            yield (
                f"view {view.name} has {kind} as optional, which is no optional kind; expected "
                "`optional` in the kind, or no mention of it in the view"
            )
        for field in sorted(set(fields) - names):
            yield (
                f"view {view.name} has {field} as a field that rests on {kind}; expected a "
                "property of its schema"
            )


def _connector_problems(connector: Connector, kinds: Mapping[str, EvidenceKind]) -> Iterator[str]:
    owner = f"connector {connector.name}"
    collected: set[str] = set()
    for collector in connector.collectors:
        if collector.kind not in kinds:
            yield f"{owner} collects {_not_offered(collector.kind)}"
        if collector.kind in collected:
            yield f"{owner} has two collectors of {collector.kind}; expected one"
        for need in collector.needs:
            if need not in collected:
                yield f"{owner} collects {collector.kind} before {need}, which it needs"
        collected.add(collector.kind)
    yield from _schema_problems(f"{owner}, settings", connector.settings_schema)
    for method in connector.auth_methods:
        for name, schema in method.fields.items():
            yield from _schema_problems(f"{owner}, {method.name}, {name}", partial(dict, schema))


def _kind_problems(kind: EvidenceKind) -> Iterator[str]:
    owner = f"evidence kind {kind.name}"
    if not kind.key:
        yield f"{owner} has no key; expected the paths that identify an object"
    if kind.shape is Shape.EVENT and kind.occurred_at is None:
        yield f"{owner} is of events and has no occurred_at; expected the path of their instant"
    yield from _schema_problems(owner, kind.schema)


def _schema_problems(owner: str, load: SchemaLoader) -> Iterator[str]:
    from jsonschema import Draft202012Validator, SchemaError

    try:
        schema: JsonObject = load()
        if not _quick_metaschema().is_valid(schema):
            Draft202012Validator.check_schema(schema)  # explains, and takes a hundred times as long
    except SchemaError as cause:
        yield f"{owner}: the schema is invalid: {cause.json_path}: {cause.message}"
    except PluginFault as fault:
        yield str(fault)
    except Exception as cause:  # noqa: BLE001 - a plugin may raise anything
        yield f"{owner}: the schema cannot be loaded: {type(cause).__name__}: {cause}"


@cache
def _quick_metaschema() -> QuickValidator:
    """Return a validator of schemas that accepts none that the explaining one rejects."""
    import jsonschema_rs
    from jsonschema import Draft202012Validator

    return jsonschema_rs.Draft202012Validator(
        Draft202012Validator.META_SCHEMA,
        validate_formats=True,
        formats={"regex": _is_pattern},  # Python's, as where records are validated
        offline=True,
    )


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _not_offered(kind: str) -> str:
    return f"{kind}, and no plugin that loaded offers this evidence kind"
