"""Evidence of the package that was erased by order, and the results that rest on it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ccm_core.bundle.verifier.contents import Leaves
from ccm_core.bundle.verifier.derived.derived_log import DERIVED
from ccm_core.bundle.verifier.evaluations import History

EVIDENCE_LEAVES = {"version", "rejected"}
ORDER_FIELDS = ("id", "erased_at", "reason", "connection", "kind", "key", "stored_before")


def erasures(
    logs: Mapping[str, Leaves], store_log: Leaves, absent: Collection[str], history: History
) -> list[dict[str, Any]]:
    """Return each order that erased evidence of the package: ``erasures.json``."""
    missing = {
        leaf["digest"]: leaf
        for leaves in (logs.values() if absent else ())
        for leaf in leaves.values()
        if leaf["leaf"] in EVIDENCE_LEAVES and leaf.get("digest") in absent
    }
    by_order: dict[str, dict[str, Mapping[str, Any]]] = {}
    for leaf in store_log.values():
        if leaf["leaf"] == "erased" and leaf["digest"] in missing:
            by_order.setdefault(leaf["erasure"], {})[leaf["digest"]] = missing[leaf["digest"]]
    return [
        {
            **{name: leaf.get(name) for name in ORDER_FIELDS},
            "contents": [content_of(name, entry) for name, entry in by_order[leaf["id"]].items()],
            "results": list(results_of(by_order[leaf["id"]].keys(), history)),
        }
        for leaf in store_log.values()
        if leaf["leaf"] == "erasure" and leaf["id"] in by_order
    ]


def content_of(digest: str, leaf: Mapping[str, Any]) -> dict[str, Any]:
    """Return which content is missing."""
    names = ("connection", "kind", "key", "collection")
    content = {"digest": digest, **{name: leaf.get(name) for name in names}}
    if content["connection"] is not None:
        content["connection"] = content["connection"].split(DERIVED)[0]
    return content


def results_of(digests: Collection[str], history: History) -> Iterator[dict[str, Any]]:
    """Yield the results that rest on erased contents."""
    for (rule, connection, kind, key), rested in sorted(history.rested.items()):
        if not rested.digests.isdisjoint(digests):
            yield {
                "rule": rule,
                "connection": connection,
                "subject": {"kind": kind, "key": key, "title": rested.subject["title"]},
                "evaluations": rested.evaluations,
            }


def describe_erasures(orders: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what was erased, in one line for each order."""
    for order in orders:
        kinds = ", ".join(
            sorted({str(content["kind"] or "rejected") for content in order["contents"]})
        )
        yield (
            f"erased by order {order['id']} at {order['erased_at']} ({order['reason']}): "
            f"{len(order['contents'])} contents ({kinds}); "
            f"{len(order['results'])} results rest on them"
        )
