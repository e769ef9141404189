"""The statements that read runs, manifests and collections; what is bounded goes by an index."""

from __future__ import annotations

NEWEST_MANIFEST = """
SELECT run.id, manifest.digest, manifest.document
FROM run JOIN manifest ON manifest.run = run.seq
WHERE run.connection = :connection AND manifest.ended_at <= :as_of
ORDER BY run.seq DESC
LIMIT 1
"""
"""Of a connection: its runs are sealed in the order in which they were begun."""

MANIFEST_OF_RUN = """
SELECT run.id, manifest.digest, manifest.document
FROM run JOIN manifest ON manifest.run = run.seq
WHERE run.id = :run
"""

LAST_MANIFESTS = """
SELECT run.id, manifest.digest, manifest.document
FROM manifest JOIN run ON run.seq = manifest.run
WHERE manifest.ended_at <= :as_of {}
ORDER BY manifest.seq DESC
LIMIT :last
"""
"""The newest first."""

MANIFESTS_SINCE = """
SELECT run.id, manifest.digest, manifest.document
FROM manifest JOIN run ON run.seq = manifest.run
WHERE manifest.ended_at > :since AND manifest.ended_at <= :as_of {}
ORDER BY manifest.seq
"""

OF_CONNECTION = "AND run.connection = :connection"
"""Written only where a connection is named, so that its index is used."""

CONNECTIONS = """
WITH RECURSIVE named(name) AS (
    SELECT min(connection) FROM run
    UNION ALL
    SELECT (SELECT min(connection) FROM run WHERE connection > name)
    FROM named WHERE name IS NOT NULL
)
SELECT name FROM named WHERE name IS NOT NULL AND name NOT LIKE '%@derived'
"""
"""From one name to the next: however many runs each has. Logs of rows and verdicts are none."""

COLLECTIONS = """
SELECT id, digest, document
FROM collection
WHERE connection = :connection
    AND (:kind IS NULL OR kind = :kind)
    {}
    AND ended_at <= :as_of
ORDER BY seq
"""

COLLECTIONS_SINCE = """
SELECT id, digest, document
FROM collection
WHERE seq IN (
        SELECT seq FROM collection WHERE connection = :connection AND ended_at > :since
        UNION
        SELECT seq FROM collection WHERE connection = :connection AND window_until > :since
        UNION
        SELECT seq FROM collection WHERE run IN (
            SELECT run FROM collection WHERE seq IN (
                SELECT max(seq)
                FROM collection
                WHERE connection = :connection AND ended_at <= :as_of AND window_since IS NULL
                GROUP BY kind, outcome
                UNION ALL
                SELECT max(seq)
                FROM collection
                WHERE connection = :connection AND ended_at <= :as_of AND window_since IS NOT NULL
                GROUP BY kind, outcome
            )
        )
    )
    AND (:kind IS NULL OR kind = :kind)
    {}
    AND ended_at <= :as_of
ORDER BY seq
"""
"""Those about the instant or later, and those in a run with the newest of a kind: what is added to
a collection is stored after it, in the same run. The two groupings follow the order of their index,
where one by whether there is a window would be sorted first."""

COLLECTION_DIGESTS = """
SELECT id, digest FROM collection
WHERE +connection = :connection AND ended_at <= :as_of
ORDER BY seq
"""
MANIFEST_DIGESTS = """
SELECT run.id, manifest.digest
FROM manifest JOIN run ON run.seq = manifest.run
WHERE run.connection = :connection AND manifest.ended_at <= :as_of
ORDER BY manifest.seq
"""
ACCOUNT = """
SELECT account FROM collection
WHERE +connection = :connection AND account IS NOT NULL AND ended_at <= :as_of
ORDER BY seq DESC LIMIT 1
"""
OF_OTHER_ACCOUNTS = """
SELECT id FROM collection WHERE connection = :connection AND account < :account
UNION
SELECT id FROM collection WHERE connection = :connection AND account > :account
"""
"""As two ranges of an index."""

OF_RUN = "AND run = (SELECT seq FROM run WHERE id = :run)"
"""Written only where a run is named, so that its index is used."""
