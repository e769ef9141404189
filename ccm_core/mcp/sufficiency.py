"""Whether an answer is conclusive, in words that no source can write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import KindSufficiency, RuleResult
    from ccm_core.model.json_codec import JsonObject

_MOST = 12
"""Reasons that are named."""
_PLAIN = re.compile(r"[A-Za-z0-9_.:@/=+][A-Za-z0-9_.:@/=+-]*", re.ASCII)


def sufficiency_document(reasons: Iterable[str], kinds: Iterable[KindSufficiency]) -> JsonObject:
    """Return whether an answer is conclusive, and each reason why it is not."""
    because = [f"inconclusive because {reason}" for reason in (*reasons, *map(_kind_words, kinds))]
    more = len(because) - _MOST
    named = because if more <= 0 else [*because[:_MOST], f"and {more} more reasons"]
    return {"sufficient": not because, "because": named}


def lacking(kinds: Iterable[KindSufficiency]) -> tuple[KindSufficiency, ...]:
    """Return the kinds whose evidence does not suffice, or not for all objects."""
    return tuple(kind for kind in kinds if kind.problem or kind.unlisted)


def undecided(rules: Iterable[RuleResult]) -> tuple[str, ...]:
    """Return, in words, the checks that some subjects have no verdict of."""
    return tuple(
        f"{rule.population.insufficient + rule.population.error} of {rule.population.total} "
        f"results of {plain_name(rule.rule, 'a check')} lack evidence"
        for rule in rules
        if rule.population.insufficient + rule.population.error
    )


def plain_name(text: str, placeholder: str) -> str:
    """Return a name as it is where it is plain, else what stands in its place."""
    return text if len(text) <= 200 and _PLAIN.fullmatch(text) else placeholder  # noqa: PLR2004 - no name of ours is longer


def _kind_words(kind: KindSufficiency) -> str:
    outcome = "never collected" if kind.outcome is None else kind.outcome.value
    reasons: Sequence[str] = sorted({shortfall.reason.value for shortfall in kind.shortfalls})
    if kind.outcome is not None and not reasons and kind.outcome.value == "complete":
        reasons = ["too old or not whole"]
    detail = ", ".join([outcome, *reasons])
    name = plain_name(kind.kind, "a kind")
    connection = plain_name(kind.connection, "a connection")
    return f"evidence of {name} of {connection} does not suffice ({detail})"
