"""What limits every check of a connection, said before any number: how much of it is visible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.evidence.collection import Reason, is_denied
from ccm_core.report.content import phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.model.evaluation.result import KindSufficiency


def evidence_limits(sufficiency: Sequence[KindSufficiency]) -> tuple[str, ...]:
    """Return for each connection why objects may be missing from its evidence, in its order."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for kind in sufficiency:
        for detail in dict.fromkeys(
            shortfall.detail for shortfall in kind.shortfalls if shortfall.unlisted_only
        ):
            kinds.setdefault((kind.connection, detail), []).append(kind.kind)
    totals = [kind.connection for kind in sufficiency]
    return tuple(
        f"{connection}: {detail}. {len(partial)} of "
        f"{phrases.count(totals.count(connection), 'kind')} of evidence "
        f"{'is' if len(partial) == 1 else 'are'} partial for this reason, and no check of them "
        "passes"
        for (connection, detail), partial in kinds.items()
    )


def is_limited_only(kind: KindSufficiency) -> bool:
    """Return whether nothing is wrong with a kind but what its credential may not see."""
    return kind.unlisted is not None and all(
        shortfall.reason is Reason.VISIBILITY for shortfall in kind.shortfalls
    )


def accepted_gaps(sufficiency: Sequence[KindSufficiency]) -> tuple[str, ...]:
    """Return what is not available or denied and accepted, with the reason, each in words."""
    return tuple(
        f"{kind.connection}, {kind.kind}: "
        f"{'denied to the credential' if is_denied(kind.shortfalls) else 'not available'}; "
        f"accepted: {kind.accepted}"
        for kind in sufficiency
        if kind.accepted
    )
