"""The page of shipped rules, ``docs/reference/pagerduty-rules.md``, written from the packs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import yaml
from ccm_pagerduty.rulepacks import rule_packs

FRAMEWORKS = {
    "soc2": "SOC 2",
    "iso27001-2022": "ISO/IEC 27001:2022",
    "nist-800-53-r5": "NIST SP 800-53 r5",
    "nist-csf-2.0": "NIST CSF 2.0",
    "pci-dss-4.0": "PCI DSS 4.0",
    "dora": "DORA",
    "hipaa": "HIPAA",
    "nis2": "NIS2, Directive (EU) 2022/2555",
    "nis2-2024-2690": "NIS2, Annex to Implementing Regulation (EU) 2024/2690",
    "cis-v8.1": "CIS Controls v8.1",
}

Document: TypeAlias = Mapping[str, Any]
"""A pack or a rule as its YAML has it."""

LEAD = """\
# PagerDuty rules

{rules} rules in {packs} packs. Each title states the condition for a pass. Below it: the view that
is evaluated, the risk of a failure, and the remediation. The conditions are in the packs, in
`plugins/pagerduty/ccm_pagerduty/rulepacks/`, each with its tests: `ccm rules test` runs them.

The settings select packs and set their parameters:

```yaml
rules:
  packs: [pagerduty-services, pagerduty-schedules, pagerduty-response]
  parameters:
    ack_within_high:
      value: 30m
      overrides:
        - {{from: 2026-07-01, value: 15m}}    # a new limit applies from its date on
        - {{for: [PABC123], value: 5m}}       # one service has its own limit
```

How the response to an incident is measured (which limit applies, which hours count, who took it,
what a merge does) is in [its own page](../explanation/incident-timeline.md).

"Next 14 days" in a title is the default of the connection's setting `lookahead`; the past period is
its `lookback`.
"""


def page() -> str:
    """Return the page."""
    packs = [yaml.safe_load(pack.text()) for pack in rule_packs()]
    count = sum(len(pack["rules"]) for pack in packs)
    sections = [LEAD.format(rules=count, packs=len(packs)), _coverage(packs)]
    return "\n".join([*sections, *(_pack(pack) for pack in packs)])


def _pack(pack: Document) -> str:
    lines = [f"## {pack['metadata']['name']}", "", *_wrapped(pack["metadata"]["description"])]
    if pack.get("parameters"):
        lines += ["", "| parameter | description | default |", "|---|---|---|"]
        lines += [
            f"| `{name}` | {parameter['description']} | `{_default(parameter['default'])}` |"
            for name, parameter in pack["parameters"].items()
        ]
    for rule in pack["rules"]:
        lines += ["", *_rule(rule)]
    return "\n".join(lines) + "\n"


def _rule(rule: Document) -> list[str]:
    controls = ", ".join(
        f"{FRAMEWORKS[control['framework']]} {control['id']}"
        for control in rule.get("controls", ())
    )
    share = rule.get("tolerance")
    judged = f"rows of `{rule['over']}`"
    if share:
        judged += f", {share['at_least']} of each {share['per']}'s"
    return [
        f"### {rule['title']}",
        "",
        f"`{rule['id']}`, {rule['severity']}, over {judged}.",
        "",
        *_wrapped(f"Risk: {rule['risk']}"),
        "",
        *_wrapped(f"Remediation: {rule['remediation']['text']}"),
        "",
        *_wrapped(f"Supports {controls}." if controls else "Informs, and supports no control."),
    ]


def _coverage(packs: Sequence[Document]) -> str:
    rules_by_control: dict[tuple[str, str], list[str]] = {}
    for pack in packs:
        for rule in pack["rules"]:
            for control in rule.get("controls", ()):
                name = (control["framework"], control["id"])
                rules_by_control.setdefault(name, []).append(rule["id"])
    lines = [
        "## Controls",
        "",
        "`ccm rules list --controls soc2` says why each rule supports each.",
        "",
    ]
    for framework, title in FRAMEWORKS.items():
        lines += [f"| {title} | rules |", "|---|---|"]
        lines += [
            f"| {key} | {', '.join(f'`{name}`' for name in sorted(set(names)))} |"
            for (owner, key), names in sorted(rules_by_control.items())
            if owner == framework
        ]
        lines.append("")
    return "\n".join(lines)


def _default(value: Any) -> str:
    return value if isinstance(value, str) else str(yaml.safe_dump(value)).splitlines()[0]


def _wrapped(text: str, width: int = 100) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]
