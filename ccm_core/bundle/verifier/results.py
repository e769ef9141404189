"""Check that the evidence behind the results, and the packs that gave them, are in the package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ccm_core.bundle.verifier.contents import Leaves
from ccm_core.bundle.verifier.log_checks import STORE_LOG


def check_results(
    predicate: Mapping[str, Any],
    logs: Mapping[str, Leaves],
    contents: Mapping[str, bytes],
    problems: list[str],
) -> None:
    """Check each evaluation: its inputs, its packs, and the evidence behind its results."""
    leaves = logs.get(STORE_LOG, {}).values()
    erased = {leaf["digest"] for leaf in leaves if leaf["leaf"] == "erased"}
    rules = set(predicate["rules"])
    for leaf in leaves:
        if leaf["leaf"] != "evaluation" or leaf["digest"] not in contents:
            continue
        evaluation = json.loads(contents[leaf["digest"]])
        digests = required_digests(evaluation, leaf, rules, logs, contents)
        problems.extend(
            f"the evaluation of {evaluation['evaluated_at']} needs {name}, which is missing"
            for name in sorted(digests - contents.keys() - erased)
        )


def required_digests(
    evaluation: Mapping[str, Any],
    leaf: Mapping[str, Any],
    rules: set[str],
    logs: Mapping[str, Leaves],
    contents: Mapping[str, bytes],
) -> set[str]:
    """Return the digests of everything that an evaluation was made with and is based on."""
    inputs = json.loads(contents.get(leaf.get("inputs", ""), b'{"packs":[]}'))
    digests = {pack["digest"] for pack in [*evaluation["packs"], *inputs["packs"]]}
    digests |= {leaf["inputs"]} if "inputs" in leaf else set()
    return digests | {
        name
        for rule in evaluation["rules"]
        if rule["rule"] in rules
        for result in rule["results"]
        if result["connection"] in logs
        for name in result["evidence_digests"]
    }
