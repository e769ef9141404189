"""What the tools say of checks, findings and frameworks: the documents of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ccm_core.mcp.sufficiency import plain_name, undecided
from ccm_core.mcp.tool import Found, ToolCall
from ccm_core.model import json_codec
from ccm_core.model.evaluation.result import Status
from ccm_core.pipeline.explain import explain
from ccm_core.web.answers import Json
from ccm_core.web.api import documents

if TYPE_CHECKING:
    from ccm_core.web.answers import Answer

VERIFY = "ccm verify"
_UNDECIDED = frozenset({Status.INSUFFICIENT, Status.ERROR})


def overview(call: ToolCall) -> Found:
    """Say what the newest evaluation says."""
    return Found(
        document=document_of(documents.overview, call),
        inconclusive=_undecided(call),
        proof=("ccm report", VERIFY),
    )


def checks(call: ToolCall) -> Found:
    """List every check with its numbers."""
    return Found(
        document=document_of(documents.checks, call),
        items="checks",
        key=lambda check: str(check["rule"]),
        inconclusive=_undecided(call),
        proof=("ccm explain RULE/KEY", VERIFY),
    )


def check(call: ToolCall) -> Found:
    """Say what one check says of every subject that does not pass."""
    document = document_of(documents.check, call)
    rule = plain_name(document["rule"], "RULE")
    shown = [f"ccm explain {plain_name(one['id'], 'ID')}" for one in document["results"][:1]]
    return Found(
        document=document,
        items="results",
        key=lambda result: str(result["id"]),
        inconclusive=_undecided(call, document["rule"]),
        kinds=(),
        proof=(*shown, f"ccm explain {rule}/KEY", VERIFY),
    )


def findings(call: ToolCall) -> Found:
    """List findings, the most urgent first."""
    return Found(
        document=document_of(documents.findings, call),
        items="findings",
        key=lambda finding: str(finding["id"]),
        is_page=True,
        proof=("ccm findings show ID", "ccm explain RESULT", VERIFY),
    )


def finding(call: ToolCall) -> Found:
    """Show one finding with its history."""
    document = document_of(documents.finding, call)
    shown = document["finding"]
    results = [plain_name(one["result"], "RESULT") for one in shown["checks"][:3]]
    undecided_checks = [one for one in shown["checks"] if one["status"] in _UNDECIDED]
    reason = f"{len(undecided_checks)} of its checks lack evidence"
    return Found(
        document=document,
        kinds=(),
        inconclusive=(reason,) if undecided_checks else (),
        proof=(
            f"ccm findings show {plain_name(shown['id'], 'ID')}",
            *(f"ccm explain {result}" for result in results),
            VERIFY,
        ),
    )


def trace(call: ToolCall) -> Found:
    """Trace one result to its condition, row, records and requests."""
    explanation = explain(call.workspace.host, call.store, call.asked("result"))
    result = explanation.result
    is_open = result.status in _UNDECIDED
    reason = f"the result of {plain_name(result.rule, 'the check')} is {result.status.value}"
    differs = ("evaluated again, it differs",) if explanation.difference else ()
    return Found(
        document=json_codec.plain(explanation),
        kinds=explanation.sufficiency,
        inconclusive=((reason,) if is_open else ()) + differs,
        proof=(
            f"ccm explain {plain_name(result.id, 'ID')}",
            *(
                prove(record.kind, record.key, result.connection)
                for record in explanation.records[:5]
            ),
        ),
    )


def frameworks(call: ToolCall) -> Found:
    """List frameworks with their numbers."""
    return Found(
        document=document_of(documents.frameworks, call),
        items="frameworks",
        key=lambda framework: str(framework["framework"]),
        inconclusive=_undecided(call),
        proof=("ccm frameworks show NAME", VERIFY),
    )


def framework(call: ToolCall) -> Found:
    """Show one framework, requirement by requirement."""
    name = plain_name(call.asked("framework"), "NAME")
    return Found(
        document=document_of(documents.framework, call),
        items="requirements",
        key=lambda requirement: str(requirement["id"]),
        inconclusive=_undecided(call),
        proof=(f"ccm frameworks show {name}", VERIFY),
    )


def prove(kind: str, key: str, connection: str) -> str:
    """Return the command that prints the proof of a record."""
    names = plain_name(kind, "KIND"), plain_name(key, "KEY")
    return f"ccm prove {' '.join(names)} --connection {plain_name(connection, 'NAME')}"


def document_of(answer: Callable[[ToolCall], Answer], call: ToolCall) -> dict[str, Any]:
    """Return the document of the API that answers a call."""
    answered = answer(call)
    if not isinstance(answered, Json):
        raise TypeError(f"{answer} answers with no document")
    document: dict[str, Any] = answered.document
    return document


def _undecided(call: ToolCall, rule: str | None = None) -> tuple[str, ...]:
    rules = call.evaluation.evaluation.rules if call.evaluation else ()
    return undecided(one for one in rules if rule is None or one.rule == rule)
