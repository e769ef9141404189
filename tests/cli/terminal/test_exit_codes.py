"""Exit codes: the more serious one decides."""

from __future__ import annotations

from itertools import permutations

import pytest

from ccm_core.cli.terminal.exit_codes import Exit, error_code, most_severe
from ccm_core.errors import (
    AuthenticationFailed,
    DocumentError,
    IntegrityError,
    Mistake,
    StoreError,
    Unreachable,
)


@pytest.mark.parametrize("order", list(permutations([2, 5, 4, 3, 1, 0], 3)))
def test_the_most_severe_exit_code_decides_in_any_order(order):
    """2 before 5 before 4 before 3 before 1 before 0."""
    expected = next(code for code in (2, 5, 4, 3, 1, 0) if code in order)
    assert most_severe(Exit(code) for code in order) == expected


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoreError("x"), 2),
        (DocumentError([Mistake("f", 1, 1, "x")]), 2),
        (IntegrityError("x"), 5),
        (Unreachable("x"), 4),
        (AuthenticationFailed("x"), 4),
    ],
)
def test_an_error_has_the_exit_code_of_its_kind(error, code):
    """Mend it, distrust it, or look at the source."""
    assert error_code(error) == code
