"""An explanation for people: what was asked of the subject, and what answers it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ccm_core.model.json_codec import encode
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.phrases import STATUS, moment, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.model.evaluation.explanation import (
        Explanation,
        ParameterUsed,
        Part,
        Value,
        Workings,
    )
    from ccm_core.model.evaluation.result import KindSufficiency
    from ccm_core.model.evidence.collection import Request

MOST = 20
"""Of more records than this, the rest is counted."""
_LONGEST = 200
"""Of a longer value, the rest is left out; ``--json`` has all of it."""


def explanation_text(said: Explanation) -> str:
    """Say all that an explanation says, in lines for a terminal."""
    blocks = (_head(said), _asked(said), _parameters(said), _evidence(said), _records(said))
    found = [list(block) for block in blocks]
    return "\n".join(line.rstrip() for block in found if block for line in ("", *block)).lstrip()


def _head(said: Explanation) -> Iterator[str]:
    result = said.result
    waived = f", waived by {plain(result.waiver)}" if result.waiver else ""
    yield f"{STATUS[result.status].upper()}{waived}: {plain(result.reason)}"
    yield f"  result   {result.id}"
    about = result.subject
    yield f"  subject  {plain(about.title)} ({about.kind} {plain(about.key)})"
    if about.owners:
        yield f"  owner    {', '.join(map(plain, about.owners))}"
    if result.connection:
        yield f"  of       {plain(result.connection)}, judged {moment(said.evaluated_at)}"
    if result.due_at:
        yield f"  due      {moment(result.due_at)}"
    yield f"  rule     {result.rule}, {said.severity}: {plain(said.title)}"
    yield f"  pack     {said.pack} {said.pack_version}, {plain(said.pack_source)}"
    yield f"           {said.pack_digest}"
    if said.differs:
        yield f"  NOTE     {plain(said.differs)}"


def _asked(said: Explanation) -> Iterator[str]:
    if said.workings is None:
        yield "CONDITIONS"
        yield "  none was worked out: the result is about no single row"
        return
    yield "CONDITIONS"
    works = said.workings
    for name, part in (
        ("match", works.match),
        ("not_due", works.not_due),
        ("assert", works.assertion),
    ):
        if part is not None:
            yield f"  {name}"
            yield from _part(part, 2)
    if works.lets:
        yield "  let"
        yield from (f"    {one.name} = {_value(one)}" for one in works.lets)
    yield f"  the row of {said.over}, {said.row_digest}"


def _part(part: Part, depth: int) -> Iterator[str]:
    indent = "  " * depth
    verdict = {True: "true ", False: "false", None: "?    "}[part.value]
    yield f"{indent}{verdict} {plain(part.text)}" + (
        f": {plain(part.reason)}" if part.reason else ""
    )
    for one in part.read:
        yield f"{indent}        {plain(one.name)} = {_value(one)}"
    for each in part.parts:
        yield from _part(each, depth + 1)


def _value(one: Value) -> str:
    if one.reason is not None:
        return f"no value: {plain(one.reason)}"
    text = plain(encode(one.value).decode())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _parameters(said: Explanation) -> Iterator[str]:
    if not said.parameters:
        return
    yield "PARAMETERS"
    here = _here(said.workings)
    for one in said.parameters:
        value = here.get(f"params.{one.name}")
        yield f"  {one.name} = {_set(one, value)}, set by {_where(one)}"


def _here(works: Workings | None) -> dict[str, Value]:
    return {one.name: one for one in works.parameters} if works else {}


def _set(one: ParameterUsed, value: Value | None) -> str:
    set_to = plain(encode(one.written).decode()).strip('"')
    if value is None or not isinstance(one.written, dict):
        return set_to
    chosen = value.value
    told = span(chosen) if one.type == "duration" and isinstance(chosen, int) else _value(value)
    return f"{told} here, of {set_to}"


def _where(one: ParameterUsed) -> str:
    told = "the settings" if one.set_by == "settings" else "the pack's default"
    return f"{told}, {plain(one.set_at)}" if one.set_at else told


def _evidence(said: Explanation) -> Iterator[str]:
    if said.sufficiency:
        yield "EVIDENCE"
        yield from (f"  {_standing(one)}" for one in said.sufficiency)


def _standing(one: KindSufficiency) -> str:
    collected = f", collected {moment(one.collected_at)}" if one.collected_at else ""
    problem = f": {plain(one.problem)}" if one.problem else ""
    lacks = f", lacking for {len(one.subjects):,} objects" if one.subjects else ""
    return f"{one.kind} {one.outcome or 'never collected'}{collected}{lacks}{problem}"


def _records(said: Explanation) -> Iterator[str]:
    if not said.records:
        return
    yield f"RECORDS ({len(said.records):,})"
    shown = said.records[:MOST]
    for (endpoint, _), group in groupby(shown, key=lambda one: (one.endpoint, one.collection)):
        records = list(group)
        yield f"  GET {plain(endpoint)}{_asked_with(records[0].requests)}"
        yield f"  collection {records[0].collection}"
        for one in records:
            yield f"    {one.kind} {plain(one.key)}, seen {moment(one.observed_at)}, {one.digest}"
            yield f"      page {one.page}, response {one.response_digest}"
    if len(said.records) > MOST:
        yield f"  and {len(said.records) - MOST:,} more; `--json` has them all"


def _asked_with(requests: Sequence[Request]) -> str:
    words = ["&".join(f"{name}={value}" for name, value in one.parameters) for one in requests[:1]]
    more = f" and {len(requests) - 1} more" if len(requests) > 1 else ""
    return "".join(f"?{plain(text)}" for text in words if text) + more
