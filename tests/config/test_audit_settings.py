"""Sample sizes in the settings: read whole, or with every mistake at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ccm_core.config.settings_reader import read_settings
from ccm_core.config.settings_validation import validate
from ccm_core.errors import DocumentError
from ccm_core.model.evaluation.sample_sizes import STANDARD_SIZES, SampleSizes

HEAD = "version: 1\nconnections: []\n"
LINES = "audit:\n  sampling:\n"


def read(text, connectors):
    """Read settings from a text."""
    draft = read_settings((HEAD + text).encode(), "ccm.yaml", base=Path("/srv"))
    return validate(draft, connectors, date(2026, 11, 23))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", STANDARD_SIZES, id="none"),
        pytest.param("audit: {}\n", STANDARD_SIZES, id="nothing of samples"),
        pytest.param(
            LINES + "    - {up_to: 12, low: 1, medium: 1, high: 2}\n"
            "    - {low: 25, medium: 45, high: 60}\n",
            (
                SampleSizes(up_to=12, low=1, medium=1, high=2),
                SampleSizes(up_to=None, low=25, medium=45, high=60),
            ),
            id="two lines",
        ),
    ],
)
def test_sample_sizes_are_those_of_the_settings_or_the_standard_ones(text, expected, connectors):
    """The smallest populations first."""
    assert read(text, connectors).audit.sampling == expected


@pytest.mark.parametrize(
    ("lines", "mistakes"),
    [
        pytest.param(
            "    - {low: 25, medium: 20, high: 10}\n",
            [
                "5:25: got 20, expected at least 25, the sample of low risk",
                "5:35: got 10, expected at least 20, the sample of medium risk",
            ],
            id="a higher risk with a smaller sample",
        ),
        pytest.param(
            "    - {up_to: 9, low: 2, medium: 3, high: 4}\n    - {low: 1, medium: 3, high: 4}\n",
            ["6:13: got 1, expected at least 2, the sample of smaller populations"],
            id="a larger population with a smaller sample",
        ),
        pytest.param(
            "    - {up_to: 9, low: 2, medium: 3, high: 4}\n",
            ["5:15: expected no `up_to`: the last line is for every larger population"],
            id="nothing for large populations",
        ),
        pytest.param(
            "    - {low: 2, medium: 3, high: 4}\n    - {low: 2, medium: 3, high: 4}\n",
            ["5:7: expected `up_to`, the largest population of this line"],
            id="two lines for every population",
        ),
        pytest.param(
            "    - {up_to: 9, low: 2, medium: 3, high: 4}\n"
            "    - {up_to: 9, low: 2, medium: 3, high: 4}\n"
            "    - {low: 2, medium: 3, high: 4}\n",
            ["6:15: got 9, expected more than 9, the `up_to` of the line before"],
            id="lines out of order",
        ),
        pytest.param("    - {low: 2, medium: 3}\n", ['"high" is missing'], id="no size"),
        pytest.param("    - {low: 0, medium: 3, high: 4}\n", ["5:13: "], id="no samples"),
        pytest.param("    - {low: 1, medium: 3, high: 10001}\n", ["5:33: "], id="too many"),
        pytest.param("    - {low: 1, medium: 3, high: 4, most: 1}\n", ['"most"'], id="another key"),
        pytest.param("    - {low: 1, medium: x, high: 4}\n", ["5:24: "], id="no number"),
        pytest.param("    []\n", ["5:5: "], id="no line"),
    ],
)
def test_mistakes_in_sample_sizes_are_reported_with_their_places(lines, mistakes, connectors):
    """All of them at once."""
    with pytest.raises(DocumentError) as caught:
        read(LINES + lines, connectors)
    assert all(f"{mistake}" in str(caught.value) for mistake in mistakes), str(caught.value)
    assert len(caught.value.mistakes) == len(mistakes)
