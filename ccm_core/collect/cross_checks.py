"""Holds kinds that tell of the same thing against each other, once a run has read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from ccm_core.model.evidence.amendments import CONTRADICTION, amend, newest_forms
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.cross_check import CrossCheck

MOST_EXAMPLES = 3
"""Contradictions that are written out; all are counted."""


def contradictions(
    checks: Iterable[CrossCheck],
    collections: Sequence[Collection],
    current_records: Callable[[str], Sequence[JsonObject]],
    *,
    moment: datetime,
    now: datetime,
) -> tuple[Collection, ...]:
    """Return the amendments of collections whose records contradict each other.

    Args:
        checks: Of the connector.
        collections: Of this run, in order. Kinds that it did not read, or not to the end, prove
            nothing.
        current_records: Loads the current bodies of a kind.
        moment: The run's moment.
        now: When this is found out.
    """
    amended: list[Collection] = []
    for check in checks:
        newest = newest_forms([*collections, *amended])
        read = [form for form in newest.values() if form.kind in check.kinds]
        if {form.kind for form in read} != set(check.kinds) or not all(map(_is_listed, read)):
            continue
        bodies = {kind: current_records(kind) for kind in (*check.kinds, *check.uses)}
        if examples := check.contradictions(bodies, moment):
            shortfall = _shortfall(check, examples)
            amended += [
                amend(form, name=CONTRADICTION, shortfalls=[shortfall], now=now) for form in read
            ]
    return tuple(amended)


def _is_listed(collection: Collection) -> bool:
    partial = collection.outcome in {Outcome.COMPLETE, Outcome.PARTIAL}
    return partial and all(shortfall.unlisted_only for shortfall in collection.shortfalls)


def _shortfall(check: CrossCheck, examples: Sequence[str]) -> Shortfall:
    more = f"; and {len(examples) - MOST_EXAMPLES} more" if len(examples) > MOST_EXAMPLES else ""
    return Shortfall(
        reason=Reason.CONTRADICTED,
        detail=f"{' and '.join(check.kinds)} contradict each other: "
        f"{'; '.join(examples[:MOST_EXAMPLES])}{more}. Run `ccm collect` to read both again; if "
        "they still differ, report it to the source's support",
    )
