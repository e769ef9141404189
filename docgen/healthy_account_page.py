"""The tables of ``docs/reference/healthy-account.md``, written from the simulated accounts."""

from __future__ import annotations

from pagerduty_simulator.demo_data.flaws import flaws
from pagerduty_simulator.demo_data.healthy_account import FEATURES

from docgen.section import markdown_table


def features() -> str:
    """Return what the healthy account has, as a table."""
    return markdown_table(
        ("what", "how the account has it", "checks that fail"),
        *((name, description, "none") for name, description in FEATURES),
    )


def twins() -> str:
    """Return the flawed twins and the checks that fail over each, as a table."""
    return markdown_table(
        ("of", "what differs", "checks that fail"),
        *(
            (flaw.feature, flaw.description, ", ".join(f"`{rule}`" for rule in flaw.fails))
            for flaw in flaws()
        ),
    )
