"""The client that came before the vendor's present one: iterate over a month of incidents."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from measured import measured


def main() -> int:
    """Iterate, and say how many came."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    asked = parser.parse_args()
    now = datetime.now(UTC).replace(microsecond=0)
    window = {"since": (now - timedelta(days=30)).isoformat(), "until": now.isoformat()}
    with measured() as found:
        from pdpyras import APISession

        found["items"] = 0
        session = APISession(asked.key)
        session.url = asked.url
        session.trust_env = False
        for _ in session.iter_all("incidents", params=window):
            found["items"] += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
