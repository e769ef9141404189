"""What a package is of, derived from its proven leaves and contents, for writer and verifier."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.conclusions import PeriodQuestion, conclude, read_collecting
from ccm_core.bundle.verifier.contents import (
    BASES,
    Contents,
    ContentSelection,
    Leaves,
    erased_digests,
    moment,
)
from ccm_core.bundle.verifier.derived.derived_log import DERIVED, DerivedNeed, derived_versions
from ccm_core.bundle.verifier.erasures import erasures
from ccm_core.bundle.verifier.evaluations import History, Reading
from ccm_core.bundle.verifier.pages.facts import NO_EVALUATION, PageFacts, last_evaluation
from ccm_core.bundle.verifier.pages.page_files import MadeFile, page_files
from ccm_core.bundle.verifier.pages.sample_sizes import SamplePlan, sample_plan
from ccm_core.bundle.verifier.proofs.leaf_table import (
    as_table,
    other_leaves,
    share_texts,
    unpack_digest,
)
from ccm_core.bundle.verifier.proofs.log_checks import STORE_LOG
from ccm_core.bundle.verifier.proofs.signed_note import public_key
from ccm_core.bundle.verifier.scope import (
    Scope,
    closed_until,
    period_bounds,
    period_evaluations,
    scope_inputs,
)
from ccm_core.bundle.verifier.spans import instant_text
from ccm_core.bundle.verifier.strict_json import read_json, write_json


class Package(NamedTuple):
    """What a package is of, and the leaves that it holds."""

    period: str
    assessed_until: datetime
    controls: list[str]
    logs: Mapping[str, Leaves]
    """The store's own first, then those of the connections."""
    scope: Scope
    derived: DerivedNeed

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """When the period begins and ends."""
        return period_bounds(self.period)

    @property
    def store_log(self) -> Leaves:
        """The store's own log."""
        return self.logs[STORE_LOG]

    @property
    def connections(self) -> list[str]:
        """The connections whose evidence is in it."""
        return sorted(name for name in self.logs if name != STORE_LOG and DERIVED not in name)

    @property
    def other_connections(self) -> list[str]:
        """The other connections of the same store."""
        leaves = other_leaves(self.store_log)
        heads = (head for _, leaf in leaves for head in leaf.get("heads", ()))
        return sorted({head["log"].split(DERIVED)[0] for head in heads} - self.logs.keys())

    @property
    def derived_logs(self) -> list[str]:
        """The logs of rows and verdicts that it needs."""
        logs = [f"{name}{DERIVED}" for name in self.connections]
        return [log for log in logs if self.derived.size(log)]

    @property
    def content_logs(self) -> dict[str, Leaves]:
        """The leaves whose contents may be here: of rows and verdicts those of the period."""
        logs = dict(self.logs)
        for log in logs:
            if DERIVED in log:
                leaves = as_table(self.logs[log])
                logs[log] = leaves.chosen(derived_versions(leaves, self.derived, log))
        return logs

    @property
    def evaluations(self) -> Leaves:
        """The leaves of the evaluations of the period."""
        return period_evaluations(self.store_log, *self.bounds)

    @property
    def reading(self) -> Reading:
        """What is read of the evaluations."""
        rules = set(self.scope.rules(self.controls))
        erased = erased_digests(self.store_log)
        frameworks = {name.partition(":")[0] for name in self.controls}
        return Reading(rules, set(self.connections), erased, self.bounds, frameworks)

    def selection(self, history: History) -> ContentSelection:
        """Return which leaves have their content in the package."""
        since, until = self.bounds
        return ContentSelection(
            self.scope.history_since(self.connections, since),
            closed_until(until),
            {leaf["digest"] for leaf in self.evaluations.values()},
            scope_inputs(self.store_log, self.evaluations) | history.needs.keys(),
            history.evidence,
        )

    def predicate(self, checkpoints: Mapping[str, str]) -> dict[str, Any]:
        """Return what the statement says of the package.

        Args:
            checkpoints: The signed checkpoint of each log.
        """
        since, until = self.bounds
        return {
            "origin": checkpoints[STORE_LOG].split("\n")[0],
            "period": self.period,
            "since": instant_text(since),
            "until": instant_text(until),
            "assessed_until": instant_text(self.assessed_until),
            "controls": self.controls,
            "connections": self.connections,
            "kinds": self.scope.kinds(self.controls),
            "rules": self.scope.rules(self.controls),
            "evaluations": len(self.evaluations),
            "checkpoints": [
                {
                    "log": log,
                    "size": int(checkpoints[log].split("\n")[1]),
                    "checkpoint": checkpoints[log],
                }
                for log in self.logs
            ],
        }


def derived_files(
    package: Package,
    predicate: Mapping[str, Any],
    history: History,
    contents: Contents,
    key: str,
) -> dict[str, MadeFile]:
    """Return what makes the files that follow from proven contents, and from nothing else."""
    since, until = package.bounds
    question = PeriodQuestion(
        package.period, (since, package.assessed_until), until, package.controls
    )
    collecting = [
        read_collecting(name, package.logs[name], contents.kept, package.scope)
        for name in package.connections
    ]
    assurance = conclude(question, package.scope, history, collecting)
    absent = {unpack_digest(name) for name in contents.absent}
    orders = erasures(package.content_logs if absent else {}, package.store_log, absent, history)
    last = last_evaluation(package.evaluations)
    facts = PageFacts(
        assurance=assurance,
        orders=orders,
        predicate=predicate,
        others=package.other_connections,
        key=key,
        history=history,
        collecting=collecting,
        inputs=list(read_inputs(contents)),
        seed=str(last.get("digest", NO_EVALUATION)),
        plan=stated_plan(contents, last),
        validations=[
            leaf for _, leaf in other_leaves(package.store_log) if leaf["leaf"] == "validation"
        ],
    )
    return {
        "key.pem": lambda: [pem(public_key(key))],
        "assurance.json": lambda: [write_json(assurance) + b"\n"],
        "erasures.json": lambda: [write_json(orders) + b"\n"],
        **page_files(facts),
    }


def read_inputs(contents: Contents) -> Iterator[Mapping[str, Any]]:
    """Yield which versions the evaluations of the package were made with, by each inputs."""
    for packed in contents.expected.get(BASES, ()):
        content = contents.kept.get(unpack_digest(packed))
        if content is not None:
            inputs = read_json(content, "the inputs of an evaluation")
            yield {name: share_texts(inputs[name]) for name in ("host_version", "plugins")}


def stated_plan(contents: Contents, evaluation: Mapping[str, Any]) -> SamplePlan:
    """Return what the inputs of an evaluation state of samples, by its leaf."""
    content = contents.kept.get(evaluation.get("inputs", ""))
    return sample_plan(
        None if content is None else read_json(content, "the inputs of an evaluation")
    )


def newest_moment(logs: Mapping[str, Leaves], default: datetime) -> datetime:
    """Return the newest moment at which the ledger states that a run or an evaluation was."""
    texts: Collection[str] = {
        leaf[name]
        for leaves in logs.values()
        for _, leaf in other_leaves(leaves)
        for name in ("ended_at", "evaluated_at")
        if name in leaf
    }
    return max(map(moment, texts), default=default)


def pem(public: bytes) -> bytes:
    """Return a public key in PEM (RFC 8410)."""
    der = bytes.fromhex("302a300506032b6570032100") + public
    return b"-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n" % base64.b64encode(der)
