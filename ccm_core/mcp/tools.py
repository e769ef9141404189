"""The table of tools. All of them read; a test holds that nothing of them writes."""

from __future__ import annotations

from ccm_core.mcp.answers import of_checks, of_evidence
from ccm_core.mcp.arguments import Argument, Form
from ccm_core.mcp.tool import PAGE, Tool

_LIMIT = Argument(
    name="limit", description=f"Entries of a page; {PAGE} by default.", form=Form.NUMBER
)
_CURSOR = Argument(name="cursor", description="The `next` of the page before.")
_PAGED = (_LIMIT, _CURSOR)
_CONNECTION = Argument(name="connection", description="The name of a connection.")


def _one(name: str, description: str) -> Argument:
    return Argument(name=name, description=description, required=True)


def _some(name: str, description: str) -> Argument:
    return Argument(name=name, description=description, form=Form.TEXTS)


TOOLS = (
    Tool(
        name="overview",
        title="Overview",
        description="Counts of the newest evaluation, its limits, and what to do next.",
        answer=of_checks.overview,
    ),
    Tool(
        name="checks",
        title="Checks",
        description="Every check with its status, its numbers and the controls it supports.",
        answer=of_checks.checks,
        arguments=_PAGED,
    ),
    Tool(
        name="check",
        title="One check",
        description="One check with the results that fail or are inconclusive.",
        answer=of_checks.check,
        arguments=(_one("rule", "The id of a check, as the tool checks lists it."), *_PAGED),
    ),
    Tool(
        name="findings",
        title="Findings",
        description="What fails: who has to act, and by when; the most urgent first.",
        answer=of_checks.findings,
        arguments=(
            _some("state", "Only in these states; all: closed ones too. Default: not closed."),
            _some("severity", "Only of these severities."),
            _some("owner", "Only of these teams or people; nobody: without an owner."),
            _some("rule", "Only of these checks."),
            _some("connection", "Only of these connections."),
            _some("control", "Only of checks that support these controls, as framework:id."),
            _some("framework", "Only of checks that support these frameworks."),
            Argument(name="older_than", description="Only what was opened longer ago: 7d."),
            Argument(name="overdue", description="Only what is overdue.", form=Form.FLAG),
            *_PAGED,
        ),
    ),
    Tool(
        name="finding",
        title="One finding",
        description="One finding with its history and what people did about it.",
        answer=of_checks.finding,
        arguments=(_one("finding", "The id of a finding."),),
    ),
    Tool(
        name="trace",
        title="Trace of a result",
        description="One result down to its condition, row, records and requests.",
        answer=of_checks.trace,
        arguments=(_one("result", "The id of a result, its beginning, or RULE/KEY."),),
    ),
    Tool(
        name="frameworks",
        title="Frameworks",
        description="How much of each framework is mapped, tested and sufficiently evidenced.",
        answer=of_checks.frameworks,
        arguments=_PAGED,
    ),
    Tool(
        name="framework",
        title="One framework",
        description="One framework, requirement by requirement.",
        answer=of_checks.framework,
        arguments=(_one("framework", "The name of a framework."), *_PAGED),
    ),
    Tool(
        name="evidence",
        title="Evidence",
        description="How many records there are of each kind, and when they were collected.",
        answer=of_evidence.evidence,
        arguments=_PAGED,
    ),
    Tool(
        name="records",
        title="Records",
        description="The records of one kind of one connection, in the order of their keys.",
        answer=of_evidence.records,
        arguments=(
            _one("connection", "The name of a connection."),
            _one("kind", "An evidence kind."),
            *_PAGED,
        ),
    ),
    Tool(
        name="coverage",
        title="On-call coverage and incidents",
        description="The sections that connectors add; with section, the figures of that one.",
        answer=of_evidence.coverage,
        arguments=(
            _CONNECTION,
            Argument(name="section", description="The name of a section."),
            *_PAGED,
        ),
    ),
    Tool(
        name="changes",
        title="Changes",
        description="What changed in the sources, and who changed it; by default, in a week.",
        answer=of_evidence.changes,
        arguments=(
            Argument(name="since", description="Changes after this instant."),
            Argument(name="until", description="Up to this instant; now by default."),
            Argument(name="kind", description="Only of this evidence kind."),
            *_PAGED,
        ),
    ),
    Tool(
        name="runs",
        title="Runs",
        description="What the newest 500 runs requested, read and missed; the newest first.",
        answer=of_evidence.runs,
        arguments=_PAGED,
    ),
    Tool(
        name="simulate_page",
        title="Simulate a page",
        description="Whom an incident on a service would reach; nothing is sent.",
        answer=of_evidence.simulated_page,
        arguments=(
            _one("service", "The title or key of a service."),
            Argument(name="at", description="When the incident occurs; now by default."),
            Argument(name="urgency", description="As the source names it, such as high."),
            _CONNECTION,
        ),
    ),
    Tool(
        name="proof",
        title="Proof of a record",
        description="The proof that the newest version of a record is in the signed ledger.",
        answer=of_evidence.proof,
        arguments=(
            _one("kind", "The record's evidence kind."),
            _one("key", "The record's key."),
            _one("connection", "The name of its connection."),
        ),
    ),
)
