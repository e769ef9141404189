"""The predecessor of the vendor's client: iterate over a month of incidents."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from measurement import measured


def main() -> int:
    """Iterate, and report how many items were read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()
    now = datetime.now(UTC).replace(microsecond=0)
    window = {"since": (now - timedelta(days=30)).isoformat(), "until": now.isoformat()}
    with measured() as report:
        from pdpyras import APISession

        report["items"] = 0
        session = APISession(options.key)
        session.url = options.url
        session.trust_env = False
        for _ in session.iter_all("incidents", params=window):
            report["items"] += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
