"""A plugin that does what the variable LIAR says, wherever the host calls it."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from base64 import b64encode
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import SimpleNamespace

from ccm_core.errors import IntegrityError
from ccm_core.sdk.errors import SourceError
from ccm_core.sdk.hookspecs import hookimpl
from ccm_core.sdk.report_figures import ReportSection, Table
from ccm_core.sdk.types import (
    AuthMethod,
    CollectionNote,
    Collector,
    Connector,
    CredentialInfo,
    CrossCheck,
    Diagnosis,
    EvidenceKind,
    Horizon,
    Page,
    Request,
    Row,
    RulePackSource,
    Shape,
    Shortfall,
    Subject,
    Traffic,
    View,
    Visibility,
)

THINGS = [{"id": "T1", "tags": [{"name": "a"}]}, {"id": "T2", "tags": []}]
SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "object", "properties": {"name": {}}}},
    },
    "required": ["id"],
}
PACK = b"""\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: liar-pack, version: 1.0.0, title: Things}
rules:
  - {id: tagged, title: Things are tagged, status: stable, severity: high, over: liar.tagged,
     assert: row.tags > 0, message: "{row.id} has no tag", on_empty: fail}
  - {id: counted, title: Things are counted, status: stable, severity: high, over: liar.changed,
     assert: row.tags >= 0, message: "{row.id} is not counted", on_empty: fail}
  - {id: listed, title: Things are listed, status: stable, severity: high, over: liar.thing,
     assert: row.id != "", message: "{row.id} is not listed", on_empty: fail}
"""


class Abort(BaseException):
    """What no ``except Exception`` catches."""


def recurse():
    """Never end."""
    return recurse()


def misbehave(where):
    """Do here what LIAR says: ``where: what``."""
    place, _, what = os.environ.get("LIAR", "").partition(": ")
    if place != where:
        return None
    match what:
        case "exit":
            sys.exit(0)
        case "abort":
            raise Abort("enough")
        case "recursion":
            recurse()
        case "print":
            print("a line of the plugin")  # noqa: T201 - the attack
        case "cancel" | "close":
            raise asyncio.CancelledError if what == "cancel" else GeneratorExit
        case "accuse":
            raise IntegrityError("the stored evidence is damaged")
        case "raise":
            raise KeyError("something")
        case "none" | "text" | "number":
            return {"none": None, "text": "liar.thing:T1", "number": 7}[what]
    return None


def lied(where, truth):
    """Return the truth, or what LIAR has returned here instead."""
    what = os.environ.get("LIAR", "")
    lie = misbehave(where)
    return lie if what in {f"{where}: none", f"{where}: text", f"{where}: number"} else truth


@asynccontextmanager
async def connect(request):
    """Open nothing, with the key in hand."""
    misbehave("connect")
    key = request.secrets["key"].reveal()
    if os.environ.get("LIAR") == "connect: leak":
        raise SourceError(f"GET https://liar.example/?key={key} was refused")
    yield SimpleNamespace(
        traffic=Traffic(),
        credential=CredentialInfo(
            kind=leak("credential", key, "a key"), visibility=Visibility.WHOLE, account="liars"
        ),
        key=key,
    )
    misbehave("disconnect")


def leak(where, key, text):
    """Return a text with the key in it where LIAR says so."""
    lie = os.environ.get("LIAR", "")
    if lie == f"{where}: leak":
        return f"{text} {key}"
    if lie == f"{where}: leak encoded":
        return f"{text} Basic {b64encode(f'user:{key}'.encode()).decode()}"
    return text


async def check(session):
    """Find everything well."""
    fine = Diagnosis(subject="key", ok=True, message=leak("check", session.key, "fine"))
    return lied("check", (fine,))


async def collect(session, _request):
    """List two things, or none."""
    lie = os.environ.get("LIAR", "")
    misbehave("collect")
    if lie == "collect: leak":
        raise RuntimeError(f"cannot read {session.key}")
    if lie.startswith("shortfall: leak"):
        yield Shortfall(reason="denied", detail=leak("shortfall", session.key, "no:"))
    if lie.startswith("note: leak"):
        yield CollectionNote(text=leak("note", session.key, "read with"))
    if lie == "collect: nothing":
        return
    parameters = (("key", leak("request", session.key, "")),)
    yield Page(
        request=Request(endpoint="/things", parameters=parameters),
        number=1,
        items=THINGS,
        response_digest="sha256:" + sha256(json.dumps(THINGS).encode()).hexdigest(),
        received_at=datetime.now(UTC),
        last=True,
    )
    misbehave("collect at its end")


def horizon(_settings):
    """Look back a day."""
    return lied("horizon", Horizon(lookback=timedelta(days=1), lookahead=timedelta(0)))


def settings_schema():
    """Allow everything."""
    return lied("settings schema", {"type": "object"})


def schema():
    """Mark nothing, or with a mark that is none."""
    marks = {
        "schema: mark": {"x-ccm-privcy": "pseudonym"},
        "schema: mark with underscores": {"x_ccm_privacy": "pseudonym"},
        "schema: value": {"x-ccm-privacy": "pseudonim"},
        "schema: mark of another prefix": {"x-cmm-privacy": "pseudonym"},
        "schema: mark without its hyphen": {"xccm-privacy": "pseudonym"},
        "schema: mark without its prefix": {"x-privacy": "pseudonym"},
        "schema: mark of nobody": {"X-Owner": "Core"},
    }
    mark = marks.get(os.environ.get("LIAR", ""), {})
    return lied("schema", {**SCHEMA, "properties": {**SCHEMA["properties"], "email": mark}})


def owners(_body):
    """Name a team."""
    return lied("owners", ("Core",))


def review(_collections):
    """Find everything well."""
    return lied("review", ())


def contradictions(_bodies, _moment):
    """Find no contradiction."""
    return lied("cross check", ())


def tagged(request):
    """Count the tags of each thing."""
    misbehave("view")
    return lied("view", evidenced([row(record) for record in request.records["liar.thing"]]))


def evidenced(rows):
    """Return rows, or with other evidence or twice where LIAR says so."""
    foreign = f"sha256:{'0' * 64}"
    match os.environ.get("LIAR", ""):
        case "view: no evidence":
            return [replace(each, evidence_digests=()) for each in rows]
        case "view: evidence of nothing":
            return [replace(each, evidence_digests=(foreign,)) for each in rows]
        case "view: evidence of nothing besides":
            return [
                replace(each, evidence_digests=(*each.evidence_digests, foreign)) for each in rows
            ]
        case "view: evidence is no text":
            return [replace(each, evidence_digests=([],)) for each in rows]
        case "view: a row about another kind":
            rows = [replace(each, subject=replace(each.subject, kind="liar.tag")) for each in rows]
        case "view: a subject twice":
            return [*rows, replace(rows[0], body=rows[0].body | {"tags": 7})]
    return rows


def changed(request):
    """Count the tags of each thing, and change them before it does."""
    lie = os.environ.get("LIAR", "")
    for record in request.records["liar.thing"]:
        if lie == "view: changes an object":
            record.body["id"] = "T9"
        if lie == "view: changes a list":
            record.body["tags"].append({"name": "b"})
        if lie == "view: changes an object in a list" and record.body["tags"]:
            record.body["tags"][0]["name"] = "b"
        if lie == "view: adds a field":
            record.body.setdefault("locked", True)
    noise = random.random() if lie == "view: is impure" else 0  # noqa: S311 - the attack
    return [row(record, noise) for record in request.records["liar.thing"]]


def row(record, noise=0):
    """Return a row of a thing."""
    body = {"id": record.body["id"], "tags": len(record.body["tags"]), "noise": noise}
    subject = Subject(
        kind="liar.thing", key=record.key, title=f"{record.key} {noise or ''}".strip()
    )
    names = "liar.thing:T1" if os.environ.get("LIAR") == "view: names are text" else ()
    return Row(subject=subject, body=body, evidence_digests=(record.digest,), names=names)


def rows_schema():
    """Describe a row."""
    return {"type": "object", "properties": {"id": {}, "tags": {"type": "integer"}, "noise": {}}}


def figures(_request):
    """Show an empty table."""
    table = Table(title="Things", about="All of them.", columns=("Thing",), rows=())
    return lied("section", (table,))


@hookimpl
def ccm_connectors():
    """Offer a connector."""
    misbehave("hook")
    needs = "liar.thing" if os.environ.get("LIAR") == "offer: needs are text" else ()
    yield Connector(
        name="liar",
        title="Liar",
        settings_schema=settings_schema,
        auth_methods=(AuthMethod(name="key", title="Key", secrets=("key",)),),
        connect=connect,
        collectors=(Collector(kind="liar.thing", collect=collect, needs=needs),),
        check=check,
        horizon=horizon,
        review_collections=review,
        cross_checks=(CrossCheck(kinds=("liar.thing",), contradictions=contradictions),),
    )


@hookimpl
def ccm_evidence_kinds():
    """Offer a kind."""
    shape = "snapshot" if os.environ.get("LIAR") == "offer: shape is text" else Shape.SNAPSHOT
    key = "id" if os.environ.get("LIAR") == "offer: key is text" else ("id",)
    names = ["liar.thing"]
    if os.environ.get("LIAR") == "offer: the kind of the manifests":
        names.append("liar.manifest")
    for name in names:
        yield kind(name, shape, key)


def kind(name, shape, key):
    """Make a kind."""
    return EvidenceKind(
        name=name,
        version=1,
        title="Things",
        shape=shape,
        key=key,
        cadence=timedelta(hours=1),
        schema=schema,
        owners=owners,
    )


@hookimpl
def ccm_views():
    """Offer two views."""
    for name, rows in (("liar.tagged", tagged), ("liar.changed", changed)):
        yield View(
            name=name,
            title="Tags",
            inputs=("liar.thing",),
            rows=rows,
            schema=rows_schema,
            rows_of="liar.thing",
        )


@hookimpl
def ccm_rule_packs():
    """Offer a pack."""
    yield RulePackSource(name="liar-pack", text=lambda: lied("pack", PACK), location="liar.yaml")


@hookimpl
def ccm_report_sections():
    """Offer a section."""
    yield ReportSection(
        name="liar.section", title="Things", views=("liar.tagged",), figures=figures
    )
