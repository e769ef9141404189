"""A plugin that forgot to mark a hook."""

from __future__ import annotations

from ccm_core.sdk.types import RulePackSource


def ccm_rule_packs():
    """Offer a pack that nobody would see."""
    return [RulePackSource(name="unseen-pack", text=lambda: b"", location="unseen.yaml")]
