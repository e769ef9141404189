"""What validated the method: recorded outcomes for the very packs that a period used. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ccm_core.model.audit.validation import Validation, ValidationMethod
from ccm_core.model.period_basis import ValidatedPack
from ccm_core.pipeline.period_basis.in_force import InForce


def validated_packs(
    stages: Sequence[InForce], outcomes: Sequence[tuple[str, Validation]]
) -> Iterator[ValidatedPack]:
    """Yield each version of a pack with the outcome that was recorded last, by each method.

    Args:
        stages: What the evaluations of the period were made with.
        outcomes: With their digests, in the order in which they were stored.
    """
    used = {(one.name, one.version, one.digest) for stage in stages for one in stage.packs}
    last = {(one.pack_digest, one.method): (digest, one) for digest, one in outcomes}
    for pack, version, digest in sorted(used):
        for method in ValidationMethod:
            name, found = last.get((digest, method), ("", None))
            yield ValidatedPack(
                pack=pack,
                version=version,
                pack_digest=digest,
                method=method.value,
                recorded=name,
                passed=found.passed if found else 0,
                failed=found.failed if found else 0,
                at=found.at if found else None,
                host_version=found.host_version if found else "",
            )
