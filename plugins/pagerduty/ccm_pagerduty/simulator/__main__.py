"""``python -m ccm_pagerduty.simulator --port 8080 --seed 1`` runs a simulator until interrupted."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from ccm_pagerduty.simulator.build import build_account
from ccm_pagerduty.simulator.server import PagerDutySimulator


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the default account, and print where it is and with which key."""
    parser = argparse.ArgumentParser(prog="python -m ccm_pagerduty.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="where to listen; 0 takes a free port")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same account")
    chosen = parser.parse_args(arguments)
    account = build_account(datetime.now(UTC), seed=chosen.seed)
    with PagerDutySimulator(account, port=chosen.port) as simulator, suppress(KeyboardInterrupt):
        sys.stdout.write(f"base_url: {simulator.base_url}\nkey: {simulator.api_key}\n")
        sys.stdout.flush()
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
