"""What a verifier would refuse for its size is not written, and the bound is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.bundle.ledger_bounds import refuse_unreadable_ledger, refuse_unreadable_log
from ccm_core.bundle.verifier.log_checks import MOST_LEAF, MOST_LEAVES, MOST_LEDGER, MOST_LOGS
from ccm_core.bundle.verifier.statement import MOST_KEYS
from ccm_core.errors import UsageError
from ccm_core.ledger.multiproof import ProvenLeaves

SMALL = ProvenLeaves(log="hq", checkpoint="c\n", size=1, leaves={0: b"{}"}, hashes=())
HALF = MOST_LEDGER // MOST_LEAF // 2

TOO_MUCH = {
    "a large leaf": (
        lambda: refuse_unreadable_log(replace(SMALL, leaves={0: b"x" * (MOST_LEAF + 1)})),
        f"{MOST_LEAF:,}",
    ),
    "many leaves": (
        lambda: refuse_unreadable_log(
            replace(SMALL, leaves=dict.fromkeys(range(MOST_LEAVES + 1), b""))
        ),
        f"{MOST_LEAVES:,}",
    ),
    "many logs": (
        lambda: refuse_unreadable_ledger([SMALL] * (MOST_LOGS + 1), 1),
        f"{MOST_LOGS:,}",
    ),
    "many keys": (lambda: refuse_unreadable_ledger([SMALL], MOST_KEYS + 1), f"{MOST_KEYS:,}"),
    "a large ledger": (
        lambda: refuse_unreadable_ledger(
            [replace(SMALL, leaves=dict.fromkeys(range(HALF), b"x" * MOST_LEAF))] * 2, 1
        ),
        f"{MOST_LEDGER:,}",
    ),
}


@pytest.mark.attack(
    "Evidence packages",
    "A package whose ledger has more logs, leaves, keys or bytes than a verifier reads is made",
    "Refused before it is written: the bound is named, with what was counted and what to do",
)
@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_ledger_beyond_the_bounds_of_the_verifier_is_not_written(name):
    """It is a matter of the request, and no damage of the store."""
    refuse, bound = TOO_MUCH[name]
    with pytest.raises(UsageError, match=f"at most {bound} are read") as refused:
        refuse()
    assert "shorter period" in str(refused.value)


def test_a_ledger_within_the_bounds_is_written():
    """The largest of each is allowed."""
    refuse_unreadable_log(replace(SMALL, leaves={0: b"x" * MOST_LEAF}))
    refuse_unreadable_ledger([SMALL] * MOST_LOGS, MOST_KEYS)
