-- Rows are only ever added, save those of head, which can be made again.
--
-- Instants are microseconds since 1970, UTC. content and document are Zstandard frames. Numbers of
-- rows (seq) are never used twice: what was kept later has the greater one.

-- One row of facts. key_check recognises the pseudonym key and does not give it away.
CREATE TABLE store (
    id INTEGER NOT NULL,
    identity TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    key_check TEXT NOT NULL,
    CONSTRAINT pk_store PRIMARY KEY (id),
    CONSTRAINT ck_store_single CHECK (id = 1)
);

-- A run that was begun. It is open until manifest has a row for it.
CREATE TABLE run (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    connection TEXT NOT NULL,
    connector TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    CONSTRAINT uq_run_id UNIQUE (id)
);
CREATE INDEX ix_run_connection ON run (connection);

-- What seals a run.
CREATE TABLE manifest (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL,
    ended_at BIGINT NOT NULL,
    digest TEXT NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT uq_manifest_run UNIQUE (run),
    CONSTRAINT fk_manifest_run FOREIGN KEY (run) REFERENCES run (seq)
);

-- One window of one kind, kept in one transaction with everything that refers to it.
CREATE TABLE collection (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    run INTEGER NOT NULL,
    connection TEXT NOT NULL,
    kind TEXT NOT NULL,
    kind_version INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    window_since BIGINT,
    window_until BIGINT,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    digest TEXT NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT uq_collection_id UNIQUE (id),
    CONSTRAINT fk_collection_run FOREIGN KEY (run) REFERENCES run (seq)
);
CREATE INDEX ix_collection_connection_kind_seq ON collection (connection, kind, seq);
CREATE INDEX ix_collection_run ON collection (run);

-- One version of one record; without a digest, a tombstone: the key had vanished.
CREATE TABLE version (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    connection TEXT NOT NULL,
    kind TEXT NOT NULL,
    kind_version INTEGER NOT NULL,
    key TEXT NOT NULL,
    digest TEXT,
    collection INTEGER NOT NULL,
    observed_at BIGINT NOT NULL,
    kept_at BIGINT NOT NULL,
    endpoint TEXT,
    window_since BIGINT,
    window_until BIGINT,
    page INTEGER,
    response_digest TEXT,
    CONSTRAINT ck_version_source CHECK (
        digest IS NULL
        OR (endpoint IS NOT NULL AND page IS NOT NULL AND response_digest IS NOT NULL)
    ),
    CONSTRAINT fk_version_collection FOREIGN KEY (collection) REFERENCES collection (seq)
);
CREATE INDEX ix_version_collection ON version (collection);
-- Answers "the newest version of each key by that moment" without touching the table.
CREATE INDEX ix_version_newest ON version (connection, kind, key, seq, kept_at);

-- The newest version of every key: what version says, kept ready in the same transaction.
CREATE TABLE head (
    connection TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    digest TEXT,
    CONSTRAINT pk_head PRIMARY KEY (connection, kind, key),
    CONSTRAINT fk_head_seq FOREIGN KEY (seq) REFERENCES version (seq)
) WITHOUT ROWID;

-- The bytes that were hashed, once for each digest. They stand apart so that a body can be deleted
-- while the row that vouches for it stays: nothing refers to them by a foreign key.
CREATE TABLE body (
    digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    content BLOB NOT NULL,
    CONSTRAINT pk_body PRIMARY KEY (digest)
);

-- What a schema refused: kept apart, never evidence.
CREATE TABLE rejected (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    collection INTEGER NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT fk_rejected_collection FOREIGN KEY (collection) REFERENCES collection (seq)
);
CREATE INDEX ix_rejected_collection ON rejected (collection);

-- What was said of the evidence, once for each digest.
CREATE TABLE evaluation (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL,
    evaluated_at BIGINT NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT uq_evaluation_digest UNIQUE (digest)
);
CREATE INDEX ix_evaluation_evaluated_at ON evaluation (evaluated_at);
