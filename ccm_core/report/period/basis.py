"""What the tests of a period rest on as tables, the same in every format for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ccm_core.model.assurance import ScopeAssurance
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.period_basis import (
    ConfigurationChange,
    LateTest,
    PeriodBasis,
    SourceQuery,
    ValidatedPack,
)
from ccm_core.report.content import phrases

MOST_CHANGES = 50
"""Changes of the configuration that are listed; the table of changes has all."""
MOST_FIELDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisTable:
    """One table."""

    place: str
    """``scope``, ``design`` or ``appendix``: before the conclusions, after them, or at the end."""
    title: str
    about: str = ""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    none: str
    """What is said where there are no rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisTables:
    """All tables, in their order."""

    tables: tuple[BasisTable, ...]


def basis_tables(
    basis: PeriodBasis, host_version: str, scopes: Sequence[ScopeAssurance] = ()
) -> BasisTables:
    """Lay out what the tests of a period rest on."""
    return BasisTables(tables=(*_scope(basis, host_version), _frameworks(scopes), *_design(basis)))


def _frameworks(scopes: Sequence[ScopeAssurance]) -> BasisTable:
    return BasisTable(
        place="scope",
        title="Scopes of frameworks",
        about="Conclusions on the controls of these frameworks are about the items in scope alone: "
        "what was in scope at some time of the period, unless nothing of it failed and it left. An "
        "item of which it is not known whether a scope names it is in scope.",
        columns=("framework", "scope", "from", "until", "in scope", "named", "outside", "warning"),
        rows=tuple(
            (
                one.framework,
                stated.scope,
                phrases.moment(stated.since),
                phrases.moment(stated.until),
                f"{one.items:,}",
                f"{one.items_named:,}",
                f"{one.items_outside:,}",
                one.problem or "none",
            )
            for one in scopes
            for stated in one.stated
        ),
        none="No framework has a scope: its controls concern every item.",
    )


def _scope(basis: PeriodBasis, host_version: str) -> Iterator[BasisTable]:
    yield BasisTable(
        place="scope",
        title="Made by",
        columns=("made at", "version", "plugins"),
        rows=(
            (
                phrases.moment(basis.made_at),
                host_version,
                ", ".join(f"{one.name} {one.version}" for one in basis.plugins) or "none",
            ),
        ),
        none="",
    )
    yield BasisTable(
        place="scope",
        title="Connections and accounts",
        about="Accounts as the evidence names them. What occurred before a connection was "
        "watched was read back.",
        columns=("connection", "connector", "account", "watched since", "runs in the period"),
        rows=tuple(
            (
                one.connection,
                one.connector,
                ", ".join(one.accounts) or "the source did not tell",
                phrases.moment(one.watched_since) if one.watched_since else "never",
                f"{one.runs:,}",
            )
            for one in basis.connections
        ),
        none="There are no connections.",
    )
    yield BasisTable(
        place="scope",
        title="Credentials",
        columns=("connection", "credential", "holder", "rights", "sees", "from", "until"),
        rows=tuple(
            (
                one.connection,
                use.kind,
                use.holder or "the source did not tell",
                ", ".join([use.role, *use.scopes]).strip(", ") or "the source did not tell",
                f"{use.visibility}: {use.visibility_reason}".rstrip(": "),
                phrases.moment(use.since),
                phrases.moment(use.until),
            )
            for one in basis.connections
            for use in one.credentials
        ),
        none="No run of the period states a credential.",
    )
    yield BasisTable(
        place="appendix",
        title="Source queries",
        about="Items are what the last collection of the period received for the whole kind.",
        columns=("connection", "kind", "endpoint", "window", "collections", "items", "of source"),
        rows=tuple(
            (
                one.connection,
                query.kind,
                _endpoint(query),
                _window(query),
                f"{query.collections:,}",
                f"{query.items:,}",
                "none stated" if query.source_total is None else f"{query.source_total:,}",
            )
            for one in basis.connections
            for query in one.queries
        ),
        none="Nothing was asked of a source in the period.",
    )
    yield BasisTable(
        place="appendix",
        title="Signed checkpoints",
        columns=("log", "entries", "root", "signed by"),
        rows=tuple(
            (head.log, f"{head.size:,}", head.root, ", ".join(head.keys)) for head in basis.heads
        ),
        none="No head of the ledger is signed.",
    )


def _design(basis: PeriodBasis) -> Iterator[BasisTable]:
    yield BasisTable(
        place="design",
        title="Tests",
        columns=("test", "severity", "asserts", "on", "risk", "pack"),
        rows=tuple(
            (
                f"{one.title} ({one.rule})",
                one.severity,
                one.condition,
                one.over,
                one.risk,
                f"{one.pack} {one.pack_version}",
            )
            for one in basis.tests
        ),
        none="No test supports a control.",
    )
    yield BasisTable(
        place="design",
        title="Validation of the method",
        about="Each pack carries tests with made-up records and the result that each must have; "
        "a mutation removes evidence from a test, and no result may become a pass by it. Outcomes "
        "for these very versions, where they were recorded (`ccm rules test --record`, `ccm rules "
        "mutate --record`): by the digest of the pack and of the outcome.",
        columns=("pack", "digest", "by", "passed", "failed", "at", "with ccm", "outcome"),
        rows=tuple(map(_validation_row, basis.validated_packs)),
        none="No evaluation of the period states its packs.",
    )
    yield BasisTable(
        place="design",
        title="Parameters in force",
        about="As of the last evaluation of the period; every change is listed below.",
        columns=("pack", "parameter", "value", "meaning"),
        rows=tuple((one.pack, one.name, one.value, one.description) for one in basis.parameters),
        none="No evaluation of the period states parameters.",
    )
    yield BasisTable(
        place="design",
        title="Changes of the tests",
        about="What differs between evaluations that follow each other, those up to seven days "
        "after the period that close it as well: versions, packs, parameters, scopes, checks "
        "switched off, settings of connections, risk acceptances.",
        columns=("first evaluated with", "what", "name", "before", "after"),
        rows=tuple(
            (
                phrases.moment(one.at),
                one.what,
                one.name,
                one.before or "none",
                one.after or "none",
            )
            for one in basis.design_changes
        ),
        none="Nothing changed from one evaluation of the period to the next.",
    )
    yield _configuration(basis)
    yield BasisTable(
        place="design",
        title="When tests were made",
        about="By the evaluations of the period and of the seven days after it. The delay is from "
        "the moment that an evaluation speaks of to when it was made, as the ledger states it.",
        columns=("test", "evaluations", "of a past moment", "first made", "last made", "delay"),
        rows=tuple(
            (
                one.rule,
                f"{one.evaluations:,}",
                f"{one.of_past:,}",
                phrases.moment(one.first_made_at) if one.first_made_at else "not stated",
                phrases.moment(one.last_made_at) if one.last_made_at else "not stated",
                f"at most {phrases.duration(one.longest_delay)}",
            )
            for one in basis.tests_made
        ),
        none="No test supports a control.",
    )
    yield BasisTable(
        place="design",
        title="Tests made late",
        about="Later than the slowest required frequency among the kinds of the test, or as of a "
        "past moment, with what was in force then and when the test was made. A limit that was "
        "loosened, or a risk acceptance that was added afterwards, is a line of its own.",
        columns=("test", "items", "testable from", "made", "what", "name", "then", "when made"),
        rows=tuple(row for one in basis.late_tests for row in _late_rows(one)),
        none="Every test was made within the slowest required frequency of its kinds.",
    )
    yield BasisTable(
        place="design",
        title="Risk acceptances",
        about="A risk acceptance is a flag: what it covers stays an exception.",
        columns=("id", "tests", "items", "reason", "owner", "approver", "from", "until", "late"),
        rows=tuple(
            (
                one.id,
                ", ".join(one.rules),
                ", ".join(one.subjects) or "every item",
                one.reason,
                one.owner,
                f"{one.approver} ({one.approved_by})",
                phrases.moment(one.created),
                phrases.moment(one.expires),
                f"added after {phrases.count(one.added_afterwards, 'exception')}"
                if one.added_afterwards
                else "no",
            )
            for one in basis.risk_acceptances
        ),
        none="No risk acceptance touched the period.",
    )


def _configuration(basis: PeriodBasis) -> BasisTable:
    """Lay out what the company changed in the source: the newest, and how many there are."""
    changes = basis.configuration_changes
    kinds = Counter(change.kind or "objects of no evidence kind" for change in changes)
    counts = ", ".join(f"{number:,} of {kind}" for kind, number in sorted(kinds.items()))
    more = (
        f" The newest {MOST_CHANGES} of {len(changes):,} ({counts}); `ccm report --period PERIOD "
        "--format changes-csv` has all, with every field."
        if len(changes) > MOST_CHANGES
        else ""
    )
    notes = "".join(f" Not known: {note}." for note in basis.configuration_notes)
    return BasisTable(
        place="design",
        title="Changes of the company's configuration",
        about="By our own versions of each object and by the source's audit trail, newest first."
        f"{more}{notes}",
        columns=("when", "connection", "object", "change", "fields", "by", "in the source's trail"),
        rows=tuple(map(_configuration_row, reversed(changes[-MOST_CHANGES:]))),
        none=f"No change of the company's configuration is known in the period.{notes}",
    )


def _configuration_row(change: ConfigurationChange) -> tuple[str, ...]:
    names = [one.name for one in change.fields]
    more = f" and {len(names) - MOST_FIELDS} more" if len(names) > MOST_FIELDS else ""
    return (
        phrases.moment(change.at) if change.at else f"by {phrases.moment(change.until)}",
        change.connection,
        f"{change.title} ({change.kind} {change.key})".replace("( ", "("),
        change.action,
        ", ".join(names[:MOST_FIELDS]) + more,
        ", ".join(change.by) or "unknown",
        {True: "yes", False: "no", None: "not known"}[change.in_trail],
    )


def _validation_row(one: ValidatedPack) -> tuple[str, ...]:
    head = (f"{one.pack} {one.version}", one.pack_digest, one.method)
    if not one.recorded:
        return (*head, "none recorded", "", "", "", "")
    at = phrases.moment(one.at) if one.at else ""
    return (*head, f"{one.passed:,}", f"{one.failed:,}", at, one.host_version, one.recorded)


def _late_rows(late: LateTest) -> Iterator[tuple[str, ...]]:
    """Yield a line for each difference, or one that says that there is none."""
    head = (
        late.rule or "every test",
        f"{late.items:,}" if late.items else "as of a past moment",
        phrases.moment(late.since),
        phrases.moment(late.made_at),
    )
    for one in late.differences:
        yield (*head, one.what, one.name, one.then or "none", one.when_made or "none")
    if not late.is_known:
        yield (*head, "not known", "", "nothing was evaluated by then", "")
    elif not late.differences:
        yield (*head, "nothing differs", "", "", "")


def _endpoint(query: SourceQuery) -> str:
    asked = " ".join([query.endpoint, *query.parameters])
    more = query.more_endpoints
    return f"{asked} and {phrases.count(more, 'more endpoint')}" if more else asked


def _window(query: SourceQuery) -> str:
    if query.since is None or query.until is None:
        return "whole population"
    return f"{phrases.moment(query.since)} to {phrases.moment(query.until)}"
