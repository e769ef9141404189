"""Checks what the things on offer refer to: kinds, views' inputs, schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.report_figures import ReportSection
from ccm_core.sdk.types import Connector, EvidenceKind, SchemaLoader, Shape, View


def problems(
    connectors: Mapping[str, Connector],
    kinds: Mapping[str, EvidenceKind],
    views: Mapping[str, View],
    sections: Mapping[str, ReportSection],
) -> Iterator[str]:
    """Say what refers to nothing and which schema is none, thing by thing, by name."""
    for connector in connectors.values():
        yield from _of_connector(connector, kinds)
    for kind in kinds.values():
        yield from _of_kind(kind)
    own = {f"{name}.manifest" for name in connectors}  # the host's: the manifests of their runs
    for view in views.values():
        missing = [name for name in view.inputs if name not in kinds and name not in own]
        yield from (f"view {view.name} reads {_nobody(name)}" for name in missing)
        yield from _of_schema(f"view {view.name}", view.schema)
    for section in sections.values():
        for name in section.views:
            if name not in views:
                yield (
                    f"report section {section.name} shows {name}, and no plugin that loaded offers "
                    "this view"
                )


def _of_connector(connector: Connector, kinds: Mapping[str, EvidenceKind]) -> Iterator[str]:
    whose = f"connector {connector.name}"
    collected: set[str] = set()
    for collector in connector.collectors:
        if collector.kind not in kinds:
            yield f"{whose} collects {_nobody(collector.kind)}"
        if collector.kind in collected:
            yield f"{whose} has two collectors of {collector.kind}; wanted one"
        for need in collector.needs:
            if need not in collected:
                yield f"{whose} collects {collector.kind} before {need}, which it needs"
        collected.add(collector.kind)
    yield from _of_schema(f"{whose}, settings", connector.settings_schema)
    for method in connector.auth_methods:
        for name, schema in method.fields.items():
            yield from _of_schema(f"{whose}, {method.name}, {name}", partial(dict, schema))


def _of_kind(kind: EvidenceKind) -> Iterator[str]:
    whose = f"evidence kind {kind.name}"
    if not kind.key:
        yield f"{whose} has no key; wanted the paths that identify an object"
    if kind.shape is Shape.EVENT and kind.occurred_at is None:
        yield f"{whose} is of events and does not say where their instant is (occurred_at)"
    yield from _of_schema(whose, kind.schema)


def _of_schema(whose: str, load: SchemaLoader) -> Iterator[str]:
    from jsonschema import Draft202012Validator, SchemaError

    try:
        schema: JsonObject = load()
        Draft202012Validator.check_schema(schema)
    except SchemaError as cause:
        yield f"{whose}: the schema is none: {cause.json_path}: {cause.message}"
    except Exception as cause:  # noqa: BLE001 - a plugin may raise anything
        yield f"{whose}: the schema cannot be loaded: {type(cause).__name__}: {cause}"


def _nobody(kind: str) -> str:
    return f"{kind}, and no plugin that loaded offers this evidence kind"
