"""What the evidence of a period proves of each kind and each control: ``assurance.json``.

It is computed from the proven contents of the package alone, as ``ccm assurance`` computes it from
the store: so a package whose conclusions were rewritten is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.concluding.controls import control_assurance
from ccm_core.bundle.verifier.concluding.items import Asked
from ccm_core.bundle.verifier.concluding.kinds import Collecting, kind_assurance, started
from ccm_core.bundle.verifier.contents import Leaves
from ccm_core.bundle.verifier.evaluations import History
from ccm_core.bundle.verifier.proofs.leaf_table import other_leaves, share_texts
from ccm_core.bundle.verifier.scope import Scope, Watch
from ccm_core.bundle.verifier.scoping.scope_conclusions import scopes_of
from ccm_core.bundle.verifier.spans import Window, instant_text, read_collection
from ccm_core.bundle.verifier.strict_json import read_json

RUN_FIELDS = ("started_at", "scheduled", "connector", "host_version", "plugins", "credential")
"""What is kept of a manifest."""


class PeriodQuestion(NamedTuple):
    """What is concluded."""

    period: str
    elapsed: Window
    """The part of the period that has elapsed."""
    until: datetime
    controls: Sequence[str]


def conclude(
    question: PeriodQuestion, scope: Scope, history: History, collecting: Sequence[Collecting]
) -> dict[str, Any]:
    """Return what the evidence of a period proves, as ``assurance.json`` has it."""
    kinds = scope.kinds(question.controls)
    return {
        "document": "ccm.assurance/v1",
        "period": question.period,
        "since": instant_text(question.elapsed[0]),
        "until": instant_text(question.elapsed[1]),
        "ended": question.until <= question.elapsed[1],
        "kinds": [
            kind_assurance(source, kind, question.elapsed)
            for source in collecting
            for kind in kinds
            if kind in source.watch.cadences
        ],
        "scopes": list(scopes_of(question.controls, scope, history)),
        "controls": [
            control_assurance(
                name,
                scope.needs[name],
                history,
                collecting,
                Asked(question.elapsed, question.until),
            )
            for name in question.controls
        ],
    }


def read_collecting(
    connection: str, leaves: Leaves, kept: Mapping[str, bytes], scope: Scope
) -> Collecting:
    """Read what was collected over a connection, from its manifests and its collections."""
    watch = scope.watches.get(connection, Watch({}, 0, frozenset(), frozenset(), ""))
    runs, collections = [], {}
    for _, leaf in other_leaves(leaves):
        content = kept.get(leaf.get("digest", ""))
        if content is not None and leaf["leaf"] == "manifest":
            run = read_json(content, f"the manifest {leaf['run']} of {connection}")
            runs.append({name: share_texts(run[name]) for name in RUN_FIELDS})
            for document in run["collections"]:
                collections[document["id"]] = read_collection(document)
        elif content is not None and leaf["leaf"] == "collection":
            body = read_json(content, f"the collection {leaf['id']} of {connection}")
            collections[leaf["id"]] = read_collection(body)
    if watch.manifests:
        # Manifests are as old as the newest collection, whatever its outcome.
        for name, collection in list(collections.items()):
            collections[f"{name} of manifests"] = collection._replace(
                kind=watch.manifests, outcome="complete", shortfalls=(), window=None
            )
    ordered = sorted(
        collections.values(), key=lambda entry: (entry.ended_at, entry.started_at, entry.id)
    )
    return Collecting(connection, watch, ordered, sorted(runs, key=started))
