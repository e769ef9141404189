"""The report in a real browser: it renders, complains of nothing and asks nobody.

Skipped where there is no Chromium, but never in continuous integration.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ccm_core.model import json_codec
from ccm_core.model.assurance import (
    Assurance,
    Conclusion,
    ControlAssurance,
    ControlException,
    EvidenceGap,
    StatusPeriod,
)
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.sample_sizes import STANDARD_SIZES
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.sampling import Sample, Sampling, TestSamples
from ccm_core.report.formats.html import HtmlReport
from ccm_core.report.period.html import PeriodHtml
from ccm_core.report.period.layout import PeriodInput

pytestmark = pytest.mark.no_cover  # its lines are covered by others

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--window-size=1280,2400",
)
NOBODY = "not an origin"
DAY = timedelta(days=1)
SECTIONS = ("controls", "failing", "inconclusive", "passing", "waivers", "evidence", "checks-used")


@pytest.fixture
def browse(chromium, tmp_path):
    """Open a page with flags of Chromium; give what it printed and what it logged."""

    def open_page(page, *flags):
        file = tmp_path / "report.html"
        file.write_bytes(page)
        # Chromium's sockets need a short path, so its profile is not put under tmp_path.
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            done = subprocess.run(  # noqa: S603 - the browser that was found on PATH
                [
                    chromium,
                    *FLAGS,
                    f"--user-data-dir={profile}",
                    "--enable-logging=stderr",
                    f"--log-net-log={tmp_path / 'net.json'}",
                    *flags,
                    file.as_uri(),
                ],
                capture_output=True,
                check=True,
                timeout=120,
            )
        return done.stdout.decode(), re.findall(r"CONSOLE.*", done.stderr.decode())

    return open_page


def test_the_page_renders_and_asks_nobody(browse, inputs, tmp_path):
    """Every section is there, the script ran, nothing was complained of or asked for."""
    shown, console = browse(HtmlReport().render(inputs), "--dump-dom")
    assert console == []
    for section in SECTIONS:
        assert f'<section id="{section}">' in shown
    assert '<span class="tools">' in shown, "the script did not run"
    assert _addresses(tmp_path / "net.json") == []


def test_hostile_strings_do_nothing(browse, make, tmp_path):
    """A script in a subject's name is text: it neither runs nor loads anything."""
    trap = '<img src="https://elsewhere.example/x.png" onerror="document.title=1"><script>alert(1)'
    rule = make.rule(trap, trap, "low", [make.result(trap, "fail", trap, url=trap)], risk=trap)
    shown, console = browse(HtmlReport().render(make.report_input(rule)), "--dump-dom")
    assert console == []
    assert "<title>1</title>" not in shown
    assert _addresses(tmp_path / "net.json") == []


def test_the_policy_holds_without_the_escaping(browse, inputs, tmp_path):
    """Even markup that got into the page could not run or load: the policy forbids it."""
    trap = b'<script>document.title="owned"</script><img src="https://elsewhere.example/x.png">'
    page = HtmlReport().render(inputs).replace(b"<main>", b"<main>" + trap)
    shown, console = browse(page, "--dump-dom")
    assert "<title>owned</title>" not in shown
    assert len(console) == 2
    assert all("Content Security Policy" in line for line in console)
    assert _addresses(tmp_path / "net.json") == []


def test_the_page_is_searched_and_expanded(browse, inputs):
    """Typing leaves what matches, and counts it; a button expands everything."""
    page = HtmlReport().render(inputs)
    page = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", page)
    use = """<script>
        const field = document.getElementById("find");
        field.value = " Night DESK ";
        field.dispatchEvent(new Event("input"));
        document.getElementById("expand").click();
        const left = (what) => document.querySelectorAll(what).length;
        document.title = [document.getElementById("matches").textContent,
            left(".rule:not([hidden])"), left("details:not([open])")].join("; ");
        field.value = "größe";
        field.dispatchEvent(new Event("input"));
        document.title += "; " + left(".subjects tbody tr:not([hidden])");
    </script></body>""".encode()
    shown, console = browse(page.replace(b"</body>", use), "--dump-dom")
    assert console == []
    assert "<title>1 of 17 shown; 1; 0; 1</title>" in shown


def test_the_page_is_filtered_by_owner(browse, make):
    """Only what a team owns stays, collapsed or not, with what concerns everybody."""
    ours, theirs = ("Night <desk>",), ("Platform",)
    mixed = [owned(make, f"S{n}", theirs if n < 11 else ours) for n in range(13)]
    whole = make.result("all", Status.INSUFFICIENT, "no evidence", kind="connection")
    page = HtmlReport().render(
        make.report_input(
            make.rule("mixed", "Mixed", "high", mixed),
            make.rule("theirs", "Theirs", "high", [owned(make, "T", theirs)]),
            make.rule("nobodys", "Nobody's", "high", [owned(make, "N", ())]),
            make.rule("unjudged", "Unjudged", "high", [whole]),
        )
    )
    page = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", page)
    use = b"""<script>
        const select = document.getElementById("owner");
        const seen = (what) => [...document.querySelectorAll(what)]
            .filter((one) => one.checkVisibility()).length;
        document.title = [...select.options].slice(1).map((one) => {
            select.value = one.value;
            select.dispatchEvent(new Event("change"));
            return one.textContent + ": " + seen(".rule") + ", " + seen(".subjects tbody tr");
        }).join("; ");
    </script></body>"""
    shown, console = browse(page.replace(b"</body>", use), "--dump-dom")
    assert console == []
    assert (
        "<title>Night &lt;desk&gt; (2): 2, 2; Platform (12): 3, 12; no owner (1): 2, 1</title>"
        in shown
    )


def owned(make, title, owners):
    """Make a failure of what teams own."""
    failure = make.result(title, Status.FAIL, "it is not as it should be", key=title)
    return replace(failure, subject=replace(failure.subject, owners=owners))


@pytest.mark.parametrize(
    ("number", "more"),
    [pytest.param(25, [], id="all of them"), pytest.param(1200, ["1,175"], id="very many")],
)
def test_paper_says_how_many_it_leaves_out(browse, make, number, more):
    """Of a long list it has the first, and never ends it silently."""
    page = HtmlReport().render(
        make.report_input(
            make.rule("r", "R", "high", [owned(make, f"S{n}", ()) for n in range(number)])
        )
    )
    style = page.replace(b"@media print", b"@media screen")
    style = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", style)
    use = b"""<script>
        window.dispatchEvent(new Event("beforeprint"));
        const seen = (what) => [...document.querySelectorAll(what)]
            .filter((one) => one.checkVisibility());
        document.title = seen(".subjects tbody tr").length + " rows; "
            + seen(".on-paper").map((one) => one.textContent).join("; ");
    </script></body>"""
    shown, console = browse(style.replace(b"</body>", use), "--dump-dom")
    assert console == []
    notes = "; ".join(f"And {number} more failing resources: see the file." for number in more)
    assert f"<title>25 rows; {notes}".rstrip() in shown


def test_paper_gets_what_fails(browse, inputs, tmp_path):
    """Printed, the report is a PDF of a few pages."""
    target = tmp_path / "report.pdf"
    _, console = browse(HtmlReport().render(inputs), f"--print-to-pdf={target}")
    assert console == []
    assert target.read_bytes().startswith(b"%PDF-")
    assert 1 < len(re.findall(rb"/Type\s*/Page\b", target.read_bytes())) < 12


def test_the_watch_sees_a_page_that_asks(browse, tmp_path):
    """A page that does ask somebody is seen, so an empty list means something."""
    browse(b'<img src="http://elsewhere.example/x.png">', "--dump-dom")
    assert _addresses(tmp_path / "net.json") == ["http://elsewhere.example/x.png"]


def _addresses(net_log: Path) -> list[str]:
    """Every http address the page asked for; what the browser asks on its own has no origin."""
    requests = [
        event.get("params", {}) for event in json_codec.decode(net_log.read_bytes())["events"]
    ]
    own_requests = [request for request in requests if request.get("initiator", NOBODY) != NOBODY]
    return sorted(
        {request["url"] for request in own_requests if request.get("url", "").startswith("http")}
    )


AXE = Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js"


@pytest.fixture(scope="module")
def axe():
    """The accessibility checker of others."""
    if not AXE.exists() and "CI" in os.environ:
        pytest.fail("axe-core is not there: npm install --prefix tests")
    return AXE.read_text("utf-8") if AXE.exists() else pytest.skip("axe-core is not installed")


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param((), id="wide and light"),
        pytest.param(("--window-size=400,2400",), id="narrow"),
        pytest.param(("--blink-settings=preferredColorScheme=0",), id="dark"),
    ],
)
def test_no_accessibility_rule_is_broken(browse, whole, axe, flags):
    """axe-core finds no violation of any of its rules, collapsed parts expanded."""
    _hold(browse, HtmlReport().render(whole), axe, flags)


def test_no_accessibility_rule_is_broken_over_a_period(browse, axe):
    """The same of the report of a period."""
    _hold(browse, PeriodHtml().render(over_a_period()), axe, ())


def over_a_period():
    """A period with something of everything."""
    at = datetime(2026, 7, 1, tzinfo=UTC)
    about = Subject(kind="acme.service", key="P1", title="Checkout", url="https://acme.example")
    failed = ControlException(
        rule="r",
        connection="a",
        subject=about,
        first_seen=at,
        last_seen=at,
        evaluations=1,
        waived=False,
    )
    gap = EvidenceGap(
        connection="a", kind="acme.service", since=at, until=at + DAY, reason="it failed"
    )
    control = ControlAssurance(
        framework="soc2",
        id="CC7.4",
        conclusion=Conclusion.EVIDENCE_INCOMPLETE,
        rules=("r",),
        tests=(),
        evidence_coverage=0.5,
        evaluations=2,
        history=(StatusPeriod(since=at, until=at + DAY, status=Status.FAIL, evaluations=2),),
        exceptions=(failed,) * 20,
        evidence_gaps=(gap,),
    )
    sample = Sample(
        id="f1",
        rule="r",
        connection="a",
        subject=about,
        evaluations=1,
        worst_status=Status.FAIL,
        last_status=Status.INSUFFICIENT,
        last_evaluated_at=at,
    )
    drawn = TestSamples(rule="r", population=1, risk="high", sample_size=1, samples=(sample,))
    return PeriodInput(
        assurance=Assurance(
            period="2026-Q3", since=at, until=at + 2 * DAY, ended=True, controls=(control,)
        ),
        sampling=Sampling(random_seed="sha256:5eed", sizes=STANDARD_SIZES, tests=(drawn,)),
        titles={},
        host_version="0.1.0",
    )


def _hold(browse, page, axe, flags):
    page = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", page)
    check = f"""<script>{axe}</script><script>
        document.querySelectorAll("details").forEach((one) => {{ one.open = true; }});
        axe.run().then((found) => {{
            const told = found.violations.map((one) =>
                one.id + ": " + one.nodes.slice(0, 3).map((node) => node.html).join(" "));
            document.body.textContent = "AXE " + found.passes.length + JSON.stringify(told);
        }});
    </script></body>"""
    shown, _ = browse(
        page.replace(b"</body>", check.encode()),
        "--dump-dom",
        "--virtual-time-budget=60000",
        *flags,
    )
    passed, violations = re.search(r"AXE (\d+)(\[.*\])", shown, re.DOTALL).groups()
    assert violations == "[]"
    assert int(passed) > 20
