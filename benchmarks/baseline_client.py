"""The baseline: the same pages, read as bytes and discarded; the cost of the simulator itself."""

from __future__ import annotations

import argparse
import http.client
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from measurement import measured


def main() -> int:
    """Read every full page of incidents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()
    now = datetime.now(UTC)
    window = {"since": (now - timedelta(days=30)).isoformat(), "until": now.isoformat()}
    headers = {"Authorization": f"Token token={options.key}"}
    with measured() as report:
        connection = http.client.HTTPConnection(urlsplit(options.url).netloc)
        offset = 0
        while offset < 10_000:  # noqa: PLR2004 - the API lists no more
            query = urlencode({**window, "limit": 100, "offset": offset})
            connection.request("GET", f"/incidents?{query}", headers=headers)
            body = connection.getresponse().read()
            offset += 100
            if b'"more":true' not in body:
                break
        report["items"] = offset
    return 0


if __name__ == "__main__":
    sys.exit(main())
