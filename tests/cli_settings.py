"""Settings that lead to a small simulated account, for tests of the command line."""

from __future__ import annotations

from pagerduty_simulator import AccountSizes

SMALL = AccountSizes(services=8, policies=6, schedules=6, users=30, teams=3, incidents=60)

SETTINGS = """\
version: 1
store: {{url: "sqlite:///ccm.db"}}
connections:
  - name: pagerduty-test
    connector: pagerduty
    auth: {{method: api_key, key: "env:PD_KEY"}}
    settings: {{base_url: "{url}", lookback: 30d, lookahead: 14d}}
rules: {{packs: [pagerduty-access, pagerduty-escalation, pagerduty-response, pagerduty-services]}}
"""
