"""What the exports are proven on: a demo account, hostile values, and generated evaluations."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import made_up
import pytest
from hypothesis import strategies as st

from ccm_core.model.evaluation.control import Control
from ccm_core.model.evaluation.result import (
    AppliedPack,
    ControlResult,
    Evaluation,
    KindSufficiency,
    Population,
    Result,
    RuleResult,
    Status,
)
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.finding.policy import FindingPolicy
from ccm_core.report.registry import FORMATS
from ccm_core.report.types import ReportInput

OFFICIAL = Path(__file__).parent / "official"
PLACE = "acme-prod"

DUE = FindingPolicy(due={"critical": timedelta(days=3), "high": timedelta(days=14)})

HOSTILE = {
    "markup": "<script>alert(1)</script> & <b>bold</b> ]]> <!--",
    "markdown": "| `code` | [link](https://elsewhere.example) **bold** @everyone #1 GH-2",
    "formula": '=HYPERLINK("https://elsewhere.example","pay")',
    "control characters": "bell\x07 null\x00 escape\x1b[31m line\nfeed\u2028 \ufeff\ufffe",
    "right to left": "\u202egnirts\u202c العربية עברית",
    "emoji": "🔥👩‍🚒 on fire",
    "long": "name " * 100,
    "blank": " \t ",
    "empty": "",
}
"""Texts that a source may give any object for a name."""


@pytest.fixture(scope="session")
def official() -> Callable[[str], dict]:
    """Read a schema as its owner published it."""
    return lambda name: json.loads((OFFICIAL / name).read_text("utf-8"))


@pytest.fixture(scope="session")
def render() -> Callable[[str, ReportInput], bytes]:
    """Write a report in one format."""
    return lambda name, inputs: FORMATS[name].render(inputs)


@pytest.fixture(scope="session")
def demo(demonstration) -> ReportInput:
    """The demonstration's account, collected and judged as `ccm demo` does it."""
    from ccm_core.pipeline.findings.work_items import FindingReader
    from ccm_core.store.interface.location import StoreLocation
    from ccm_core.store.sqlite.open import open_store

    assert demonstration.code == 0
    folder = demonstration.folder / "demo"
    store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder, read_only=True)
    try:
        evaluation = store.evaluations.latest().evaluation
        reader = FindingReader(store=store, policy=DUE, now=evaluation.evaluated_at)
        assert evaluation is not None
        return ReportInput(
            evaluation=evaluation,
            manifests=store.runs.manifests(),
            counts=store.records.counts(),
            host_version="0.1.0",
            findings=made_up.report_findings(*reader.active()),
        )
    finally:
        store.close()


# -- generated --------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.sampled_from([*HOSTILE.values()]), st.text(max_size=40), st.from_regex(r"[a-z ]{3,30}")
)
KEYS = st.one_of(st.from_regex(r"\AP[A-Z0-9]{6}\Z"), TEXTS.filter(str.strip))
URLS = st.none() | st.sampled_from(
    ["https://acme.example/P1", "javascript:alert(1)", "https://acme.example/ä b"]
)
CONTROLS = st.sampled_from(
    [
        ("soc2", "CC7.4"),
        ("pci-dss-4.0", "12.10.5"),
        ("hipaa", "164.308(a)(6)(ii)"),
        ("iso27001-2022", "A.5.24"),
        ("dora", "Art. 17(2)"),
        ("1st", "Ä"),
    ]
)


@st.composite
def results(draw, rule: str) -> Result:
    """One result; a waiver only where it fails."""
    status = draw(st.sampled_from(Status))
    return Result(
        rule=rule,
        connection=PLACE,
        subject=Subject(
            kind=draw(st.sampled_from(["acme.service", "connection", "population"])),
            key=draw(KEYS),
            title=draw(TEXTS),
            url=draw(URLS),
            owners=tuple(draw(st.lists(TEXTS, max_size=2))),
        ),
        status=status,
        reason=draw(TEXTS),
        waiver=draw(st.none() | st.just("W-1")) if status is Status.FAIL else None,
        due_at=draw(st.none() | st.just(datetime(2026, 6, 1, tzinfo=UTC))),
        evidence_digests=tuple(
            f"sha256:{n:064x}" for n in range(draw(st.sampled_from([0, 1, 150])))
        ),
    )


@st.composite
def rules(draw, number: int) -> RuleResult:
    """One rule with a few results and the population that follows from them."""
    name = f"rule_{number}"
    generated = tuple(
        {
            (result.subject.kind, result.subject.key): result
            for result in draw(st.lists(results(name), max_size=4))
        }.values()
    )
    counts = Counter(result.status for result in generated)
    worst = (Status.ERROR, Status.FAIL, Status.INSUFFICIENT, Status.PASS, Status.NOT_APPLICABLE)
    return RuleResult(
        rule=name,
        pack="generated",
        title=draw(TEXTS),
        severity=draw(st.sampled_from(Severity)),
        status=next((status for status in worst if counts[status]), Status.INSUFFICIENT),
        population=Population(
            total=len(generated),
            passed=counts[Status.PASS],
            failed=counts[Status.FAIL],
            insufficient=counts[Status.INSUFFICIENT],
            not_applicable=counts[Status.NOT_APPLICABLE],
            error=counts[Status.ERROR],
            waived=sum(result.waiver is not None for result in generated),
        ),
        controls=tuple(
            Control(framework=framework, id=id_, why=draw(st.none() | TEXTS))
            for framework, id_ in draw(st.lists(CONTROLS, max_size=3, unique=True))
        ),
        risk=draw(st.none() | TEXTS),
        remediation=draw(st.none() | TEXTS),
        remediation_url=draw(URLS),
        results=generated,
    )


@st.composite
def inputs(draw) -> ReportInput:
    """A report's input with a few rules, and the controls that they support."""
    generated = [draw(rules(number)) for number in range(draw(st.integers(0, 3)))]
    supported = sorted(
        {(control.framework, control.id) for rule in generated for control in rule.controls}
    )
    evaluation = Evaluation(
        evaluated_at=datetime(2026, 5, 6, 9, tzinfo=UTC)
        + timedelta(microseconds=draw(st.integers(0, 10**9))),
        packs=(
            AppliedPack(
                name="generated",
                version=draw(TEXTS),
                digest="sha256:" + "a7" * 32,
                source="plugin acme",
                parameters={"limit": 900},
            ),
        )
        * draw(st.integers(0, 1)),
        connections=(PLACE,) * draw(st.integers(0, 1)),
        sufficiency=(
            KindSufficiency(
                kind="acme.service", connection=PLACE, outcome=None, problem=draw(TEXTS)
            ),
        ),
        rules=tuple(generated),
        controls=tuple(
            ControlResult(
                framework=framework,
                id=id_,
                status=draw(st.sampled_from(Status)),
                rules=tuple(
                    rule.rule
                    for rule in generated
                    if any(
                        (control.framework, control.id) == (framework, id_)
                        for control in rule.controls
                    )
                ),
                problems=tuple(draw(st.lists(TEXTS, max_size=1))),
            )
            for framework, id_ in supported
        ),
        plugin_failures=tuple(draw(st.lists(TEXTS, max_size=1))),
    )
    return ReportInput(evaluation=evaluation, manifests=(), counts=(), host_version="0.1.0")


@pytest.fixture(scope="session")
def generated() -> st.SearchStrategy[ReportInput]:
    """Evaluations of every sort, hostile ones among them."""
    return inputs()


@pytest.fixture
def waived() -> ReportInput:
    """One rule of severity high with one result of every status, and a waived failure."""
    number = Counter(Status)
    results = [
        Result(
            rule="r",
            connection=PLACE,
            subject=Subject(kind="acme.service", key=f"P{index}", title=f"Service {status}"),
            status=status,
            reason=f"it is {status}",
            evidence_digests=("sha256:" + "b1" * 32,),
        )
        for index, status in enumerate(Status)
    ]
    failure = Result(
        rule="r",
        connection=PLACE,
        subject=Subject(
            kind="acme.service",
            key="P9",
            title="Service waived",
            owners=("Night desk", "Platform"),
        ),
        status=Status.FAIL,
        reason="it is known",
        waiver="W-7",
    )
    rule = RuleResult(
        rule="r",
        pack="p",
        title="Every service is ready",
        severity=Severity.HIGH,
        status=Status.ERROR,
        population=Population(
            total=6,
            passed=number[Status.PASS],
            failed=2,
            insufficient=1,
            not_applicable=1,
            error=1,
            waived=1,
        ),
        controls=(Control(framework="soc2", id="CC7.4", why="It shows the duty."),),
        risk="Nobody answers.",
        remediation="Name somebody.",
        remediation_url="https://acme.example/how",
        results=(*results, failure),
    )
    evaluation = Evaluation(
        evaluated_at=datetime(2026, 5, 6, 9, tzinfo=UTC),
        packs=(),
        connections=(PLACE,),
        sufficiency=(),
        rules=(rule,),
        controls=tuple(
            ControlResult(framework="soc2", id=f"CC7.{place}", status=status, rules=("r",))
            for place, status in enumerate(Status)
        ),
    )
    return ReportInput(evaluation=evaluation, manifests=(), counts=(), host_version="0.1.0")
