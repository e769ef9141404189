"""A finding as somebody works on it: state, owner, due dates."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccm_core.errors import UsageError
from ccm_core.findings.apply_changes import apply_changes, with_latest_results
from ccm_core.findings.filter import FindingFilter, by_urgency, filter_findings
from ccm_core.findings.tracker import finding_changes
from ccm_core.findings.work_items import WorkFacts, work_items
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.finding.act import ActKind, FindingAct, Ticket
from ccm_core.model.finding.policy import FindingPolicy, OwnerRule, Person
from tests.findings.evaluations import HOUR, START, evaluation, result

DAY = timedelta(days=1)
TICKET = Ticket(system="jira", key="OPS-1", url="https://jira.example/browse/OPS-1")
DUE = {"critical": 3 * DAY, "high": 14 * DAY}


def failing(*, owners=(), **more):
    """A door that is open."""
    subject = Subject(kind="acme.door", key="D1", title="Door D1", owners=owners)
    return result("locked", "D1", "fail", subject=subject, **more)


def tracked(*hours):
    """Track hours of results; return the findings and the last evaluation."""
    findings, before = {}, None
    for number, results in enumerate(hours):
        last = evaluation(results, number, controls=[("soc2", "CC6.1"), ("pci", "9.1")])
        findings = apply_changes(finding_changes(findings, last, before), None, findings)
        before = last.evaluated_at
    return list(findings.values()), last


def item(*hours, acts=(), policy=None, after=HOUR, expiries=None):
    """Return the one work item of some hours."""
    findings, last = tracked(*(hours or [[failing()]]))
    facts = WorkFacts(
        now=START + after,
        policy=policy or FindingPolicy(due=DUE),
        rules={rule.rule: rule for rule in last.rules},
        expiries=expiries or {},
        acts={finding.id: acts for finding in findings},
    )
    (only,) = work_items(findings, facts)
    return only


def act(kind, after=HOUR, **more):
    """Something that Ada did."""
    return FindingAct(finding="f", kind=ActKind(kind), at=START + after, by="ada", **more)


ASKED = act("acceptance_asked", waiver="W1", until=START + 30 * DAY)
BACK = ([failing()], [result("locked", "D1", "pass")], [failing()])


@pytest.mark.parametrize(
    ("hours", "acts", "state"),
    [
        pytest.param((), (), "open", id="nothing-done"),
        pytest.param((), [act("commented", text="hm")], "open", id="a-comment-is-no-work"),
        pytest.param((), [act("acknowledged")], "acknowledged", id="acknowledged"),
        pytest.param((), [act("acknowledged"), ASKED], "acceptance_asked", id="asked"),
        pytest.param(
            (), [ASKED, act("acceptance_refused", waiver="W1")], "open", id="asked-and-refused"
        ),
        pytest.param(
            (),
            [act("acceptance_asked", waiver="W1", until=START)],
            "open",
            id="asked-for-a-time-that-is-over",
        ),
        pytest.param(BACK, (), "reopened", id="back"),
        pytest.param(BACK, [act("acknowledged", -HOUR)], "reopened", id="acknowledged-before"),
        pytest.param(BACK, [act("acknowledged", 3 * HOUR)], "acknowledged", id="and-afterwards"),
        pytest.param(
            ([failing()], [result("locked", "D1", "insufficient")]),
            [act("acknowledged")],
            "inconclusive",
            id="inconclusive",
        ),
        pytest.param(
            ([failing()], [result("locked", "D1", "pass")]), [ASKED], "resolved", id="resolved"
        ),
    ],
)
def test_the_state_follows_evaluations_and_what_people_did(hours, acts, state):
    """What was done before it came back does not count any more."""
    assert item(*hours, acts=acts).state == state


@pytest.mark.parametrize(
    ("entries", "read_at", "state", "asked"),
    [
        pytest.param((), HOUR, "acknowledged", (), id="read-since-and-gone"),
        pytest.param(("W1",), HOUR, "acceptance_asked", ("W1",), id="there"),
        pytest.param((), HOUR / 2, "acceptance_asked", ("W1",), id="not-read-since"),
        pytest.param((), None, "acceptance_asked", ("W1",), id="not-known-what-was-read"),
        pytest.param(("W2",), HOUR, "acknowledged", (), id="another-one-is-there"),
    ],
)
def test_a_request_counts_as_long_as_its_entry_is_there(entries, read_at, state, asked):
    """Or has not been read since; then what was done before shows."""
    findings, _ = tracked([failing()])
    facts = WorkFacts(
        now=START + HOUR,
        expiries=dict.fromkeys(entries, START + 30 * DAY),
        waivers_read_at=None if read_at is None else START + read_at,
        acts={findings[0].id: [act("acknowledged"), ASKED]},
    )
    (only,) = work_items(findings, facts)
    assert (only.state, only.asked) == (state, asked)


def with_waivers(*names):
    """Return a finding of two checks with these waivers."""
    return [
        failing(waiver=names[0], cause=("x",)),
        result("shut", "D1", "fail", ("x",), waiver=names[1]),
    ]


@pytest.mark.parametrize(
    ("names", "expiries", "state"),
    [
        pytest.param(("W1", "W2"), {"W1": 5 * DAY, "W2": 9 * DAY}, "accepted", id="all-covered"),
        pytest.param(("W1", None), {"W1": 5 * DAY}, "open", id="one-check-is-not"),
        pytest.param(("W1", "W2"), {"W1": HOUR, "W2": DAY}, "open", id="one-has-ended"),
        pytest.param(("W1", "W2"), {"W1": DAY}, "open", id="one-is-not-known"),
    ],
)
def test_a_risk_is_accepted_where_all_of_its_checks_are_covered(names, expiries, state):
    """And only until the first of the acceptances ends."""
    expected = {name: START + period for name, period in expiries.items()}
    findings, last = tracked(with_waivers(*names))
    findings = list(with_latest_results(findings, last))
    facts = WorkFacts(now=START + HOUR, expiries=expected, policy=FindingPolicy(due=DUE))
    (only,) = work_items(findings, facts)
    assert only.state == state
    assert only.accepted_until == (START + 5 * DAY if state == "accepted" else None)


@pytest.mark.parametrize(
    ("policy", "expected", "overdue"),
    [
        pytest.param({"due": {"high": 14 * DAY}}, [(14 * DAY, "")], False, id="by-severity"),
        pytest.param({"due": {"high": HOUR / 2}}, [(HOUR / 2, "")], True, id="overdue"),
        pytest.param({"due": {"low": DAY}}, [], False, id="never"),
        pytest.param(
            {"due": {"high": 14 * DAY}, "due_by_framework": {"pci": {"high": 2 * DAY}}},
            [(2 * DAY, "pci"), (14 * DAY, "")],
            False,
            id="the-earliest-first",
        ),
        pytest.param(
            {"due": {"high": DAY}, "due_by_framework": {"hipaa": {"high": HOUR}}},
            [(DAY, "")],
            False,
            id="of-another-framework",
        ),
    ],
)
def test_due_dates_count_from_when_it_was_opened(policy, expected, overdue):
    """All of them are there, and the earliest counts."""
    only = item(policy=FindingPolicy(**policy))
    assert [(due.at - START, due.framework) for due in only.due] == expected
    assert only.is_overdue is overdue


def test_a_finding_that_came_back_is_due_anew():
    """The time in which it was resolved does not count."""
    assert item(*BACK).due_at == START + 2 * HOUR + 14 * DAY


ADA = Person(id="ada", teams=("Night desk",))


@pytest.mark.parametrize(
    ("entries", "teams", "assigned", "expected"),
    [
        pytest.param([], ("Desk",), None, (("Desk",), "source"), id="the-source"),
        pytest.param([], (), None, ((), "nobody"), id="nobody"),
        pytest.param(
            [OwnerRule(owner="Ops")], ("Desk",), None, (("Ops",), "settings"), id="settings"
        ),
        pytest.param(
            [OwnerRule(owner="Ops", unowned=True)],
            ("Desk",),
            None,
            (("Desk",), "source"),
            id="only-where-nobody-owns-it",
        ),
        pytest.param(
            [OwnerRule(owner="A", rules=("shut*",)), OwnerRule(owner="B", rules=("lock*",))],
            (),
            None,
            (("B",), "settings"),
            id="by-rule",
        ),
        pytest.param(
            [OwnerRule(owner="A", resources=("Door D?",), teams=("desk",))],
            ("Desk",),
            None,
            (("A",), "settings"),
            id="by-resource-and-team",
        ),
        pytest.param(
            [OwnerRule(owner="A", kinds=("acme.lock",)), OwnerRule(owner="B", connections=("x",))],
            ("Desk",),
            None,
            (("Desk",), "source"),
            id="none-matches",
        ),
        pytest.param([OwnerRule(owner="A")], (), "ada", (("ada",), "assigned"), id="assigned"),
        pytest.param([OwnerRule(owner="A")], (), "", (("A",), "settings"), id="and-back"),
    ],
)
def test_the_owner_is_whom_it_was_assigned_to_then_settings_then_the_source(
    entries, teams, assigned, expected
):
    """The first that says something counts."""
    acts = [] if assigned is None else [act("assigned", owner=assigned)]
    policy = FindingPolicy(owners=tuple(entries), people={"ada": ADA})
    owner = item([failing(owners=teams)], acts=acts, policy=policy).owner
    assert ((owner.names, owner.source), owner.unknown) == (expected, ())


def test_an_owner_who_left_is_named_as_unknown():
    """It stays assigned, so that somebody notices."""
    owner = item(acts=[act("assigned", owner="bo")]).owner
    assert (owner.names, owner.unknown) == (("bo",), ("bo",))


@pytest.mark.parametrize(
    ("kinds", "open_"),
    [
        pytest.param(["ticket_opened"], True, id="opened"),
        pytest.param(["ticket_opened", "ticket_updated"], True, id="updated"),
        pytest.param(["ticket_opened", "ticket_closed"], False, id="closed"),
        pytest.param(["ticket_opened", "ticket_closed", "ticket_reopened"], True, id="reopened"),
        pytest.param(["ticket_opened", "ticket_lost"], False, id="lost"),
    ],
)
def test_tickets_are_shown_while_they_are_open(kinds, open_):
    """The newest of each system."""
    acts = [act(kind, ticket=TICKET) for kind in kinds]
    assert item(acts=acts).tickets == ((TICKET,) if open_ else ())


@pytest.mark.parametrize(
    ("selection", "kept"),
    [
        pytest.param({}, True, id="all"),
        pytest.param({"owners": ("DESK",)}, True, id="owner"),
        pytest.param({"owners": ("nobody",)}, False, id="nobody"),
        pytest.param({"rules": ("locked",), "controls": ("soc2:CC6.1",)}, True, id="rule"),
        pytest.param({"frameworks": ("pci",)}, True, id="framework"),
        pytest.param({"severities": ("low",)}, False, id="severity"),
        pytest.param({"older_than": 2 * HOUR}, False, id="younger"),
        pytest.param({"older_than": HOUR}, True, id="older"),
        pytest.param({"overdue": True}, False, id="overdue"),
        pytest.param({"states": frozenset({"resolved"})}, False, id="state"),
    ],
)
def test_findings_are_filtered_by_what_people_ask_for(selection, kept):
    """Each selection narrows."""
    only = item([failing(owners=("Desk",))])
    chosen = filter_findings([only], FindingFilter(**selection), START + HOUR)
    assert bool(chosen) is kept


def test_unknown_selections_are_refused_all_at_once():
    """An empty list would look as if nothing was open."""
    selection = FindingFilter(rules=("lokced",), owners=("Desc",), frameworks=("soc3",))
    with pytest.raises(UsageError) as caught:
        filter_findings([item([failing(owners=("Desk",))])], selection, START)
    assert str(caught.value).splitlines() == [
        'unknown rule "lokced"; did you mean "locked"?',
        'unknown owner "Desc"; did you mean "Desk"?',
        'unknown framework "soc3"; did you mean "soc2"?',
    ]


def test_the_most_urgent_comes_first():
    """Overdue before others of its severity; what is accepted or closed comes last."""
    high = item([failing()])
    overdue = item([failing()], policy=FindingPolicy(due={"high": HOUR / 2}))
    closed = item([failing()], [result("locked", "D1", "pass")])
    assert sorted([closed, high, overdue], key=by_urgency) == [overdue, high, closed]


@pytest.mark.parametrize(
    ("owners", "hours", "says"),
    [
        pytest.param((), 1, True, id="nobody's"),
        pytest.param(("Payments",), 1, False, id="a team's"),
        pytest.param((), 2, False, id="nobody's, and resolved"),
    ],
)
def test_what_nobody_owns_says_how_it_gets_an_owner(owners, hours, says):
    """The next step of whoever reads it is to name one."""
    history = [[failing(owners=owners)], [result("locked", "D1", "pass")]][:hours]
    step = item(*history).next_step or ""
    assert ("name an owner under `findings.owners`" in step) is says
