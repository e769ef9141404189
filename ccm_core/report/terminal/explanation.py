"""An explanation in lines for a terminal: the conditions of a rule, and the evidence read."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ccm_core.model.json_codec import encode
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.phrases import OUTCOME, STATUS, duration, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ccm_core.model.evaluation.explanation import (
        AppliedParameter,
        ConditionTrace,
        Explanation,
        ExpressionValue,
        RuleTrace,
    )
    from ccm_core.model.evaluation.result import KindSufficiency
    from ccm_core.model.evidence.collection import Request

MOST = 20
"""Of more records than this, the rest is counted."""
_LONGEST = 200
"""Of a longer value, the rest is left out; ``--json`` has all of it."""


def explanation_text(explanation: Explanation) -> str:
    """Return all of an explanation, in lines for a terminal."""
    blocks = (
        list(_head(explanation)),
        list(_conditions(explanation)),
        list(_parameters(explanation)),
        list(_evidence(explanation)),
        list(_records(explanation)),
    )
    lines = (line.rstrip() for block in blocks if block for line in ("", *block))
    return "\n".join(lines).lstrip()


def _head(explanation: Explanation) -> Iterator[str]:
    result, subject = explanation.result, explanation.result.subject
    waived = f", risk accepted by {plain(result.waiver)}" if result.waiver else ""
    yield f"{STATUS[result.status].upper()}{waived}: {plain(result.reason)}"
    yield f"  result       {result.id}"
    if explanation.finding:
        share = "in the share of " if explanation.in_share else ""
        name = plain(explanation.finding)
        yield f"  finding      {share}{name}: ccm findings show {name}"
    elif explanation.in_share:
        yield "  finding      none: it counts in the share of its check, which does not fail"
    yield f"  resource     {plain(subject.title)} ({subject.kind} {plain(subject.key)})"
    if subject.owners:
        yield f"  owner        {', '.join(map(plain, subject.owners))}"
    if result.connection:
        yield f"  connection   {plain(result.connection)}"
    yield f"  evaluated    {moment(explanation.evaluated_at)}"
    if result.due_at:
        yield f"  due          {moment(result.due_at)}"
    yield f"  check        {result.rule}, {explanation.severity}: {plain(explanation.title)}"
    pack = f"{explanation.pack} {explanation.pack_version}"
    yield f"  pack         {pack}, {plain(explanation.pack_source)}"
    yield f"               {explanation.pack_digest}"
    if explanation.difference:
        yield f"  NOTE         {plain(explanation.difference)}"


def _conditions(explanation: Explanation) -> Iterator[str]:
    yield "CONDITIONS"
    trace = explanation.trace
    if trace is None:
        yield "  none was evaluated: the result is not about a single row"
        return
    for name, part in (
        ("match", trace.match),
        ("not_due", trace.not_due),
        ("assert", trace.assertion),
    ):
        if part is not None:
            yield f"  {name}"
            yield from _condition(part, 2)
    if trace.lets:
        yield "  let"
        yield from (f"    {value.name} = {_value(value)}" for value in trace.lets)
    yield f"  row of the view {explanation.over}, {explanation.row_digest}"


def _condition(part: ConditionTrace, depth: int) -> Iterator[str]:
    indent = "  " * depth
    outcome = {True: "true ", False: "false", None: "?    "}[part.value]
    reason = f": {plain(part.reason)}" if part.reason else ""
    yield f"{indent}{outcome} {plain(part.text)}{reason}"
    for value in part.read:
        yield f"{indent}        {plain(value.name)} = {_value(value)}"
    for nested in part.operands:
        yield from _condition(nested, depth + 1)


def _value(value: ExpressionValue) -> str:
    if value.reason is not None:
        return f"no value: {plain(value.reason)}"
    text = plain(encode(value.value).decode())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _parameters(explanation: Explanation) -> Iterator[str]:
    if not explanation.parameters:
        return
    yield "PARAMETERS"
    effective = _effective_values(explanation.trace)
    for parameter in explanation.parameters:
        value = effective.get(f"params.{parameter.name}")
        yield f"  {parameter.name} = {_setting(parameter, value)}, set by {_origin(parameter)}"


def _effective_values(trace: RuleTrace | None) -> dict[str, ExpressionValue]:
    return {value.name: value for value in trace.parameters} if trace else {}


def _setting(parameter: AppliedParameter, value: ExpressionValue | None) -> str:
    setting = plain(encode(parameter.configured).decode()).strip('"')
    if value is None or not isinstance(parameter.configured, dict):
        return setting
    seconds = value.value
    if parameter.type == "duration" and isinstance(seconds, int):
        return f"{duration(seconds)} here, of {setting}"
    return f"{_value(value)} here, of {setting}"


def _origin(parameter: AppliedParameter) -> str:
    origin = "the settings" if parameter.set_by == "settings" else "the pack's default"
    return f"{origin}, {plain(parameter.set_at)}" if parameter.set_at else origin


def _evidence(explanation: Explanation) -> Iterator[str]:
    if explanation.sufficiency:
        yield "EVIDENCE"
        at = explanation.evaluated_at
        yield from (f"  {_kind(kind, at)}" for kind in explanation.sufficiency)


def _kind(kind: KindSufficiency, evaluated_at: datetime) -> str:
    collected = ""
    if kind.collected_at:
        age = duration((evaluated_at - kind.collected_at).total_seconds())
        collected = f", collected {moment(kind.collected_at)}, {age} before the evaluation"
    problem = f": {plain(kind.problem)}" if kind.problem else ""
    lacks = f", missing for {len(kind.subjects):,} objects" if kind.subjects else ""
    return f"{kind.kind} {OUTCOME[kind.outcome]}{collected}{lacks}{problem}"


def _records(explanation: Explanation) -> Iterator[str]:
    if not explanation.records:
        return
    yield f"RECORDS ({len(explanation.records):,})"
    groups = groupby(
        explanation.records[:MOST], key=lambda record: (record.endpoint, record.collection)
    )
    for (endpoint, collection), group in groups:
        records = list(group)
        yield f"  GET {plain(endpoint)}{_query(records[0].requests)}"
        yield f"  collection {collection}"
        for record in records:
            observed = moment(record.observed_at)
            yield f"    {record.kind} {plain(record.key)}, observed {observed}, {record.digest}"
            yield f"      page {record.page}, response {record.response_digest}"
    if len(explanation.records) > MOST:
        yield f"  and {len(explanation.records) - MOST:,} more; `--json` has them all"


def _query(requests: Sequence[Request]) -> str:
    queries = [
        "&".join(f"{name}={value}" for name, value in request.parameters)
        for request in requests[:1]
    ]
    more = f" and {len(requests) - 1} more" if len(requests) > 1 else ""
    return "".join(f"?{plain(query)}" for query in queries if query) + more
