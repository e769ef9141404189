"""The page of attacks: tests marked ``attack`` write what was tried, expected and observed.

Mark a test ``@pytest.mark.attack("Clocks", "The machine is 40 h ahead", "The run is refused")``.
The third column says "As expected" when the test passes; a test that records more
(``record_property("observed", "exit 4: ...")``) has that printed, and one that is expected to fail
has its reason printed.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "attacks.md"

AREAS = (
    "Visibility",
    "Account",
    "Clocks",
    "Settings",
    "Answers of the source",
    "Planner",
    "Plugins",
    "Concurrency",
    "Keys",
    "Evidence packages",
    "Store",
    "Terminal and files",
)

_INTRODUCTION = """\
# Attacks, and what comes of them

<!-- Written by the tests that try them (`make attacks`); do not edit. -->

Each line is a test of the project: what is tried, what must come of it, and what came of it when
this page was written. A false pass, a forged proof or a false accusation is what each of them is
after. "Open" marks an attack that still succeeds, with the reason.
"""


class Attack(NamedTuple):
    """One line of the page."""

    area: str
    attack: str
    expected: str


class AttackTable:
    """Collects the outcomes of marked tests, in the process that reports them."""

    def __init__(self) -> None:
        self._outcomes: dict[Attack, set[str]] = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the outcome of a marked test."""
        properties = dict(report.user_properties)
        marked = properties.get("attack")
        if marked and (report.when == "call" or report.outcome != "passed"):
            self._outcomes[Attack(*marked)].add(_observed(report, properties))

    def page(self) -> str:
        """Return the page as Markdown: a table for each area, in the order of ``AREAS``."""
        lines = [_INTRODUCTION]
        for area in AREAS:
            rows = sorted(attack for attack in self._outcomes if attack.area == area)
            if rows:
                lines += [f"## {area}", "", "| Attack | Expected | Observed |", "|---|---|---|"]
                lines += [_row(row, self._outcomes[row]) for row in rows]
                lines.append("")
        return "\n".join(lines)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--attack-table``."""
    parser.addoption(
        "--attack-table",
        choices=("write", "check"),
        help="Write the page of attacks from what the tests observe, or check that it is current.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the collector of outcomes where they are reported."""
    config.addinivalue_line(
        "markers", "attack(area, attack, expected): a line of docs/reference/attacks.md"
    )
    if config.getoption("--attack-table") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(AttackTable(), "attack-outcomes")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Attach the marker's words to the reports of the test."""
    for item in items:
        marker = item.get_closest_marker("attack")
        if marker:
            attack = Attack(*marker.args)
            if attack.area not in AREAS:
                raise pytest.UsageError(f"{item.nodeid}: no area {attack.area!r}; known: {AREAS}")
            item.user_properties.append(("attack", tuple(attack)))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the page, or fail the session where it is not current."""
    table = session.config.pluginmanager.get_plugin("attack-outcomes")
    if not isinstance(table, AttackTable):
        return
    if session.config.getoption("--attack-table") == "write":
        PAGE.write_text(table.page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != table.page():
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter:
            reporter.write_line(f"{PAGE} is not what the tests observed; write it: make attacks")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _observed(report: pytest.TestReport, properties: dict[str, object]) -> str:
    if hasattr(report, "wasxfail"):
        reason = report.wasxfail.removeprefix("reason: ")
        return f"Open: {reason}"
    if report.outcome == "passed":
        return str(properties.get("observed", "As expected"))
    return "Not tried here" if report.outcome == "skipped" else "**Not as expected**"


def _row(attack: Attack, outcomes: set[str]) -> str:
    cells = (attack.attack, attack.expected, "; ".join(sorted(outcomes)))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
