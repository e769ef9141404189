"""A report says which credentials have grown old, and what to do about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccm_core.report.content.summary import summary
from ccm_core.report.formats.html import HtmlReport
from ccm_core.report.formats.terminal_summary import summary_lines

STEP = "create a new one, then run `ccm connections rotate pagerduty-prod`."


@pytest.fixture
def entered(make):
    """Report on a connection whose credential was entered so many days ago."""

    def inputs(days, longest=90):
        at = make.now - timedelta(days=days)
        by = None if longest is None else at + timedelta(days=longest)
        told = make.manifest(entered_at=at, rotate_by=by)
        return make.report_input(manifests=[told])

    return inputs


@pytest.mark.parametrize(
    ("days", "longest", "told"),
    [
        pytest.param(89, 90, False, id="a day before"),
        pytest.param(90, 90, True, id="on the day"),
        pytest.param(400, 90, True, id="long after"),
        pytest.param(400, None, False, id="it may grow old"),
    ],
)
def test_a_credential_is_told_when_it_is_too_old(entered, days, longest, told):
    """From the day on which it should have been replaced."""
    steps = summary(entered(days, longest)).next_steps
    assert any(STEP in one and f"{days} days ago" in one for one in steps) is told


def test_every_format_says_so(entered):
    """With the command that replaces it."""
    inputs = entered(93)
    text = " ".join(" ".join(summary_lines(summary(inputs))).split())
    assert "was entered 93 days ago" in text
    assert "ccm connections rotate pagerduty-prod" in text
    page = HtmlReport().render(inputs).decode()
    assert "was entered 93 days ago" in page
    assert "<code>ccm connections rotate pagerduty-prod</code>" in page
