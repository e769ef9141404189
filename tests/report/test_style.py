"""The report's colours can be read by everybody, by day and by night."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

THEMES = re.findall(
    r":root \{(.*?)\}",
    (files("ccm_core.report") / "templates" / "style.css").read_text(),
    re.DOTALL,
)[:2]
WORDS = ("ink", "soft", "link", "pass", "fail", "insufficient", "error", "not_applicable")
GROUNDS = ("page", "card", "insufficient-wash", "error-wash")


def luminance(colour):
    """The relative luminance of WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", THEMES, ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("word", WORDS)
def test_contrast(theme, word, ground):
    """Text stands out from what it stands on by 4.5 to 1 at least."""
    colours = dict(re.findall(r"--([\w-]+): (#\w+)", theme))
    dark, light = sorted(luminance(colours[name]) for name in (word, ground))
    assert (light + 0.05) / (dark + 0.05) >= 4.5
