"""What people added to a period stands in its report: as what it is, never silently."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.approvals.response import NAMESPACE, response_statement
from ccm_core.assurance.noted_exceptions import people_added
from ccm_core.model.assurance import (
    Assurance,
    Conclusion,
    ControlAssurance,
    ControlException,
)
from ccm_core.model.audit.exception_response import ExceptionName, ExceptionResponse
from ccm_core.model.audit.manual_evidence import (
    AttachedFile,
    ManualEvidenceAct,
    ManualEvidenceActKind,
    ManualEvidenceStatement,
    manual_evidence,
)
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evaluation.waiver import Approval, ApprovalAuthority, ApprovalMethod
from ccm_core.model.period import parse_period
from ccm_core.model.sampling import Sampling
from ccm_core.report.period.layout import PeriodInput
from ccm_core.report.period.registry import PERIOD_FORMATS

PERIOD = parse_period("2026-Q3")
SINCE, UNTIL = PERIOD.window.since, PERIOD.window.until
AFTER = datetime(2026, 11, 30, 12, tzinfo=UTC)
DIGEST = f"sha256:{'0' * 64}"


def exception(key="S1", rule="r"):
    """Return an exception of the period."""
    subject = Subject(kind="acme.service", key=key, title=f"Shop {key}", url=None)
    return ControlException(
        rule=rule,
        connection="acme",
        subject=subject,
        first_seen=SINCE,
        last_seen=SINCE,
        evaluations=1,
        waived=False,
    )


def control(number, *exceptions):
    """Return a control with some exceptions."""
    return ControlAssurance(
        framework="soc2",
        id=number,
        conclusion=Conclusion.EXCEPTIONS,
        rules=("r",),
        tests=(),
        evidence_coverage=1.0,
        evaluations=1,
        exceptions=exceptions,
    )


def response(key="S1", number=1, period=PERIOD, text="Fixed in March."):
    """Return an unsigned response by Otto."""
    return ExceptionResponse(
        exception=ExceptionName(rule="r", connection="acme", kind="acme.service", key=key),
        title=f"Shop {key}",
        period=period.text,
        window=period.window,
        number=number,
        text=text,
        by="otto",
        name="Otto Ruf",
        role="CISO",
        at=AFTER,
        signature=None,
        authority=ApprovalAuthority(approver="otto"),
    )


@pytest.fixture
def signed(make_key):
    """Sign a response as Otto, with the key of somebody."""

    def sign(unsigned, key="otto", space=NAMESPACE):
        approval = Approval(by="otto", at=AFTER, method=ApprovalMethod.SSH, proof="")
        proof = make_key(key).sign(response_statement(unsigned, approval), space)
        keys = (make_key("otto").public,)
        return replace(
            unsigned,
            signature=replace(approval, proof=proof),
            authority=replace(unsigned.authority, ssh_keys=keys),
        )

    return sign


def piece(name, number="CC7.4", period=PERIOD, expires=UNTIL):
    """Return a piece of manual evidence."""
    statement = ManualEvidenceStatement(
        title=f"Minutes {name}",
        file=AttachedFile(
            name="minutes.pdf", size=2048, digest=DIGEST, type="PDF document", stored=False
        ),
        controls=(f"soc2:{number}",),
        period=period.text,
        window=period.window,
        expires=expires,
    )
    act = ManualEvidenceAct(
        evidence=name,
        number=1,
        kind=ManualEvidenceActKind.ATTACHED,
        at=AFTER,
        by="dana",
        statement=statement,
    )
    (made,) = manual_evidence([act], frozenset())
    return made


def rendered(name, responses=(), evidence=(), controls=(), asked=()):
    """Return the report in one format."""
    controls = controls or (control("CC7.4", exception()),)
    assurance = Assurance(period="2026-Q3", since=SINCE, until=UNTIL, ended=True, controls=controls)
    inputs = PeriodInput(
        assurance=assurance,
        sampling=Sampling(random_seed="sha256:5eed"),
        titles={"r": "Services are owned"},
        host_version="0.1.0",
        people=people_added(assurance, responses, evidence, asked),
    )
    return PERIOD_FORMATS[name].render(inputs).decode()


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_response_stands_next_to_its_exception_with_its_signature(form, signed):
    """Text, author, role and whether the signature is valid."""
    page = rendered(form, [signed(response())])
    assert page.index("Shop S1") < page.index("Fixed in March.")
    assert "Otto Ruf (CISO, otto)" in page
    assert "ignature valid, key SHA256:" in page
    assert "1 with management" in page


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_an_exception_without_a_response_has_the_id_to_respond_to(form):
    """And it is counted."""
    page = rendered(form)
    assert response().exception.id in page
    assert "0 with management" in page


@pytest.mark.parametrize("form", ["html", "markdown", "json"])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(lambda one, _: one, "not signed", id="unsigned"),
        pytest.param(
            lambda one, sign: replace(sign(one), text="Never happened."),
            "it was changed after it was signed",
            id="another-text",
        ),
        pytest.param(lambda one, sign: sign(one, "mia"), "which is not one of otto", id="a-key"),
        pytest.param(
            lambda one, sign: sign(one, "otto", "ccm-approval@ccm-core"),
            "it was made for",
            id="use",
        ),
        pytest.param(
            lambda one, sign: replace(sign(one), number=2), "it was changed after", id="number"
        ),
        pytest.param(
            lambda one, sign: replace(sign(one), by="eva"), "and otto signed it", id="author"
        ),
    ],
)
def test_what_is_not_signed_or_does_not_fit_is_shown_as_such(form, change, expected, signed):
    """Verified when the report is made, from what was stored with the response alone."""
    page = rendered(form, [change(response(), signed)])
    state = {"html": "Not signed", "json": "unsigned"}.get(form, "not signed")
    assert (state if expected == "not signed" else expected) in page
    assert "ignature valid" not in page
    assert '"state":"valid"' not in page


def test_only_the_last_response_in_this_very_period_counts(signed):
    """Earlier ones are kept; one in another period, or to what is none any more, is apart."""
    july = parse_period("2026-07")
    responses = [
        response(text="First."),
        signed(response(number=2, text="Second.")),
        response(text="In July.", period=july),
        response(key="gone", text="Left over."),
    ]
    document = json.loads(rendered("json", responses))

    (one,) = document["exceptions"]
    assert one["response"]["text"] == "Second."
    assert [other["text"] for other in one["superseded_responses"]] == ["First."]
    assert [other["text"] for other in document["left_over_responses"]] == ["Left over."]
    page = rendered("html", responses)
    assert "supersedes 1 earlier response" in page
    assert "Left over." in page
    assert "In July." not in page
    assert "Left over." in rendered("markdown", responses)


def test_an_exception_of_several_controls_has_one_response():
    """It stands under each of them, and once for programs."""
    controls = (control("CC7.3", exception()), control("CC7.4", exception(), exception("S2")))
    page = rendered("html", [response()], controls=controls)
    assert page.count("Fixed in March.") == 2
    document = json.loads(rendered("json", [response()], controls=controls))
    assert [one["controls"] for one in document["exceptions"]] == [
        ["soc2:CC7.4"],
        ["soc2:CC7.3", "soc2:CC7.4"],
    ]


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_manual_evidence_stands_under_its_control_with_author_digest_and_expiry(form):
    """One that expired in the period does not count; no conclusion changes."""
    evidence = [piece("ME-1"), piece("ME-2", expires=UNTIL - timedelta(days=1))]
    page = rendered(form, evidence=evidence)
    for fact in ("Minutes ME-1", "2026-09-30", "dana", "xpired: does not count"):
        assert fact in page
    assert DIGEST[:20] in page.replace("<wbr>", "")
    assert page.count("oes not count") == 2  # under its control, and among all
    assert "1 with exceptions" in page


def test_manual_evidence_for_a_control_without_a_test_is_not_lost():
    """It is what such a control has; of other periods, and of controls not asked for, is none."""
    evidence = [
        piece("ME-1", "CC1.1"),
        piece("ME-2", period=parse_period("2026-Q4")),
        piece("ME-3", period=parse_period("2026")),
    ]
    names = [one["id"] for one in json.loads(rendered("json", (), evidence))["manual_evidence"]]
    assert names == ["ME-1", "ME-3"]
    assert "soc2:CC1.1" in rendered("html", (), evidence)
    assert "soc2:CC1.1" in rendered("markdown", (), evidence)
    asked = json.loads(rendered("json", (), evidence, asked=[("soc2", "CC7.4")]))
    assert [one["id"] for one in asked["manual_evidence"]] == ["ME-3"]


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_what_people_write_is_no_markup(form):
    """Neither in a response nor in a title."""
    evil = "<script>alert(1)</script> [x](javascript:1)"
    page = rendered(form, [response(text=evil)], [replace_title(piece("ME-1"), evil)])
    assert "<script>alert(1)" not in page
    assert form == "html" or "[x](javascript:1)" not in page


def replace_title(made, title):
    """Return a piece of another title."""
    return replace(made, statement=replace(made.statement, title=title, comment=title))
