"""What the simulator itself costs: the same pages, read as bytes and thrown away."""

from __future__ import annotations

import argparse
import http.client
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from measured import measured


def main() -> int:
    """Read every page of incidents that is full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    asked = parser.parse_args()
    now = datetime.now(UTC)
    window = {"since": (now - timedelta(days=30)).isoformat(), "until": now.isoformat()}
    headers = {"Authorization": f"Token token={asked.key}"}
    with measured() as found:
        connection = http.client.HTTPConnection(urlsplit(asked.url).netloc)
        offset = 0
        while offset < 10_000:  # noqa: PLR2004 - the API lists no more
            query = urlencode({**window, "limit": 100, "offset": offset})
            connection.request("GET", f"/incidents?{query}", headers=headers)
            body = connection.getresponse().read()
            offset += 100
            if b'"more":true' not in body:
                break
        found["items"] = offset
    return 0


if __name__ == "__main__":
    sys.exit(main())
