-- Rows are only ever added, save those of tables that can be derived again, which say so, and of body and
-- dictionary, which are deleted by order.
--
-- Instants are microseconds since 1970, UTC. content and document are Zstandard frames; one that begins
-- with the byte 1 has in the next three the number of its dictionary, and these four bytes take the
-- place of the magic number. A DIGEST is the 32 bytes of a SHA-256 digest. Numbers of rows (seq) are
-- never used twice: what was stored later has the greater one.

-- One row of facts. key_check recognizes the pseudonym key and does not disclose it.
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
    digest DIGEST NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT uq_manifest_run UNIQUE (run),
    CONSTRAINT fk_manifest_run FOREIGN KEY (run) REFERENCES run (seq)
);
CREATE INDEX ix_manifest_ended_at ON manifest (ended_at);

-- One window of one kind, stored in one transaction with everything that refers to it.
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
    account TEXT,
    digest DIGEST NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT uq_collection_id UNIQUE (id),
    CONSTRAINT fk_collection_run FOREIGN KEY (run) REFERENCES run (seq)
);
CREATE INDEX ix_collection_connection_kind_seq ON collection (connection, kind, seq);
CREATE INDEX ix_collection_run ON collection (run);
CREATE INDEX ix_collection_ended_at ON collection (connection, ended_at);
CREATE INDEX ix_collection_window_until ON collection (connection, window_until);
CREATE INDEX ix_collection_account ON collection (connection, account, seq)
    WHERE account IS NOT NULL;
CREATE INDEX ix_collection_newest ON collection (connection, kind, outcome, window_since, ended_at);

-- One version of one record; without a digest, a tombstone: the key had vanished. What is derived was in
-- no response.
CREATE TABLE version (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    connection TEXT NOT NULL,
    kind TEXT NOT NULL,
    kind_version INTEGER NOT NULL,
    key TEXT NOT NULL,
    digest DIGEST,
    collection INTEGER NOT NULL,
    observed_at BIGINT NOT NULL,
    stored_at BIGINT NOT NULL,
    endpoint TEXT,
    window_since BIGINT,
    window_until BIGINT,
    page INTEGER,
    response_digest DIGEST,
    CONSTRAINT ck_version_source CHECK (
        digest IS NULL
        OR (endpoint IS NOT NULL AND page IS NOT NULL)
    ),
    CONSTRAINT fk_version_collection FOREIGN KEY (collection) REFERENCES collection (seq)
);
CREATE INDEX ix_version_collection ON version (collection);
-- Answers "the newest version of each key by that moment" without touching the table.
CREATE INDEX ix_version_newest ON version (connection, kind, key, seq, stored_at);

-- The newest version of every key, derived from version in the same transaction.
CREATE TABLE current_version (
    connection TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    digest DIGEST,
    bucket INTEGER NOT NULL,
    CONSTRAINT pk_current_version PRIMARY KEY (connection, kind, key),
    CONSTRAINT fk_current_version_seq FOREIGN KEY (seq) REFERENCES version (seq)
) WITHOUT ROWID;
CREATE INDEX ix_current_version_bucket ON current_version (connection, kind, bucket);

-- The roots of the buckets of large kinds (see ccm_core/ledger/population.py), derived from
-- current_version; one that changed has no row until it is computed again. Empty ones have no root.
CREATE TABLE population_bucket (
    connection TEXT NOT NULL,
    kind TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    records INTEGER NOT NULL,
    root BLOB,
    CONSTRAINT pk_population_bucket PRIMARY KEY (connection, kind, bucket)
) WITHOUT ROWID;

-- The bytes that were hashed, once for each digest. They stand apart so that a body can be deleted
-- while the row that vouches for it stays: nothing refers to them by a foreign key.
CREATE TABLE body (
    digest DIGEST NOT NULL,
    size INTEGER NOT NULL,
    content BLOB NOT NULL,
    CONSTRAINT pk_body PRIMARY KEY (digest)
);

-- What contents of a kind repeat, which others are compressed with: some contents, one after the other,
-- cut at 32 KiB. kind is that of records, or @ and a table; bodies is the JSON array of their digests;
-- position is the last version when it was made. Derived, and deleted with a body that is erased.
CREATE TABLE dictionary (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    bodies TEXT NOT NULL,
    position BIGINT NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX ix_dictionary_kind ON dictionary (kind);

-- What a schema refused: stored apart, never evidence.
CREATE TABLE rejected (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    collection INTEGER NOT NULL,
    key TEXT NOT NULL,
    digest DIGEST NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT fk_rejected_collection FOREIGN KEY (collection) REFERENCES collection (seq)
);
CREATE INDEX ix_rejected_collection ON rejected (collection);

-- The results of one evaluation, once for each digest. inputs is the digest of the document that
-- says what it was evaluated with, where that was stored; act is that of the document that says when
-- and up to where it read; position is the last version then: rows and verdicts of it are its own.
-- base is the number of the evaluation whose JSON is the dictionary that document is compressed with.
-- evaluated_at is the moment that it speaks of, made_at that at which it was made, where it was stated.
CREATE TABLE evaluation (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    digest DIGEST NOT NULL,
    evaluated_at BIGINT NOT NULL,
    made_at BIGINT,
    document BLOB NOT NULL,
    base INTEGER,
    inputs DIGEST,
    act DIGEST,
    position BIGINT NOT NULL,
    CONSTRAINT uq_evaluation_digest UNIQUE (digest)
);
CREATE INDEX ix_evaluation_evaluated_at ON evaluation (evaluated_at);

-- What evaluations were made with, once for each digest: rule packs (form is pack) as they were
-- written, and inputs (form is inputs), which name packs, parameters and waivers.
CREATE TABLE document (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    digest DIGEST NOT NULL,
    form TEXT NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT uq_document_digest UNIQUE (digest)
);

-- What one evaluation, by its digest, changed of findings: its failing results against those of the
-- evaluation before it. All of it can be derived from the evaluations again.
CREATE TABLE finding_changes (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    evaluation DIGEST NOT NULL,
    evaluated_at BIGINT NOT NULL,
    changes INTEGER NOT NULL,
    digest DIGEST NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT uq_finding_changes_evaluation UNIQUE (evaluation),
    CONSTRAINT uq_finding_changes_evaluated_at UNIQUE (evaluated_at)
);

-- Every finding as it is now: its changes, and what the last evaluation that was tracked says of those
-- that are open. Derived from finding_changes in the transaction that adds to it, and can be derived
-- again. owners, checks and follows are JSON arrays.
CREATE TABLE finding (
    id TEXT NOT NULL,
    connection TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    title TEXT NOT NULL,
    url TEXT,
    owners TEXT NOT NULL,
    state TEXT NOT NULL,
    severity TEXT NOT NULL,
    checks TEXT NOT NULL,
    reason TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    occurred_at BIGINT,
    closed_at BIGINT,
    opened INTEGER NOT NULL,
    follows TEXT NOT NULL,
    CONSTRAINT pk_finding PRIMARY KEY (id)
) WITHOUT ROWID;
CREATE INDEX ix_finding_state ON finding (state);

-- What people and commands did about findings, each entry once and never changed. number counts those
-- of one finding.
CREATE TABLE finding_act (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    finding TEXT NOT NULL,
    number INTEGER NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    digest DIGEST NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT uq_finding_act_number UNIQUE (finding, number)
);

-- The bytes of files that people attached as manual evidence, once for each digest. Of one that was erased
-- the document is empty.
CREATE TABLE attached_file (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    digest DIGEST NOT NULL,
    size INTEGER NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT uq_attached_file_digest UNIQUE (digest)
);

-- What people did about manual evidence, each entry once and never changed. number counts those of one
-- piece; since and until are the period that it is for; file is the digest of the file that was attached,
-- whether or not its bytes were stored.
CREATE TABLE manual_evidence (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    evidence TEXT NOT NULL,
    number INTEGER NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    file DIGEST,
    digest DIGEST NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT uq_manual_evidence_number UNIQUE (evidence, number)
);

-- What management answered to an exception of a period, each response once and never changed. number
-- counts those to one exception in one period.
CREATE TABLE exception_response (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    exception TEXT NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL,
    number INTEGER NOT NULL,
    at BIGINT NOT NULL,
    digest DIGEST NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT uq_exception_response_number UNIQUE (exception, since, until, number)
);

-- What validated the method of a rule pack: how many of its tests, or of their mutations, passed and
-- failed where they were run. pack_digest is that of the text of the pack.
CREATE TABLE validation (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    method TEXT NOT NULL,
    pack TEXT NOT NULL,
    version TEXT NOT NULL,
    pack_digest TEXT NOT NULL,
    host_version TEXT NOT NULL,
    passed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    at BIGINT NOT NULL,
    digest DIGEST NOT NULL,
    document BLOB NOT NULL
);

-- Who is signed in to the console. A session states nothing, so it has no leaf: its row is changed with its
-- last use and deleted with its end. digest is that of the secret that the browser, or a program, has;
-- claim_values is a JSON array of what the ID token's claim had, by which roles are looked up.
CREATE TABLE console_session (
    digest DIGEST NOT NULL,
    kind TEXT NOT NULL,
    tenant TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    claim TEXT NOT NULL,
    claim_values TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT pk_console_session PRIMARY KEY (digest)
) WITHOUT ROWID;

-- What was done in the console that is no act of its own: signed in, refused, downloaded, changed. Each entry
-- once and never changed.
CREATE TABLE activity (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    digest DIGEST NOT NULL,
    document BLOB NOT NULL
);

-- The read model: what is current of each subject of a view, derived from its row. key is KIND:KEY;
-- shown is a JSON object of the fields that sections of the report show, which read no row for them.
CREATE TABLE subject (
    connection TEXT NOT NULL,
    view TEXT NOT NULL,
    key TEXT NOT NULL,
    title TEXT NOT NULL,
    url TEXT,
    owners TEXT NOT NULL,
    occurred_at BIGINT,
    final INTEGER NOT NULL,
    partition_name TEXT NOT NULL,
    shown TEXT NOT NULL,
    CONSTRAINT pk_subject PRIMARY KEY (connection, view, key)
) WITHOUT ROWID;
CREATE INDEX ix_subject_period ON subject (connection, view, final, occurred_at);
CREATE INDEX ix_subject_partition ON subject (connection, view, partition_name);

-- What a pack says of a subject, derived from its verdict: a letter for each rule, in the order of
-- their names, and when to look again (0: each time).
CREATE TABLE verdict (
    connection TEXT NOT NULL,
    pack TEXT NOT NULL,
    view TEXT NOT NULL,
    key TEXT NOT NULL,
    statuses TEXT NOT NULL,
    recheck_at BIGINT,
    CONSTRAINT pk_verdict PRIMARY KEY (connection, pack, view, key)
) WITHOUT ROWID;
CREATE INDEX ix_verdict_recheck ON verdict (connection, pack, view, recheck_at)
    WHERE recheck_at IS NOT NULL;

-- Which subjects were derived from a record outside their partition, there or not.
CREATE TABLE trace (
    connection TEXT NOT NULL,
    view TEXT NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    CONSTRAINT pk_trace PRIMARY KEY (connection, view, name, key)
) WITHOUT ROWID;
CREATE INDEX ix_trace_subject ON trace (connection, view, key);

-- Which partitions of a view a record belongs to: those of the names that it has there.
CREATE TABLE partition_member (
    connection TEXT NOT NULL,
    view TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_partition_member PRIMARY KEY (connection, view, kind, key, name)
) WITHOUT ROWID;
CREATE INDEX ix_partition_member_name ON partition_member (connection, view, name);

-- The connections whose rows, verdicts and lines an evaluation has begun to change: it ends when the
-- evaluation is stored that states them. Where it never came to that, the next one begins anew.
CREATE TABLE deriving (
    connection TEXT NOT NULL,
    CONSTRAINT pk_deriving PRIMARY KEY (connection)
) WITHOUT ROWID;

-- The ledger: every row that states something has a leaf in it. An entry is what one transaction
-- appended to one log: count leaves from number first, one JSON object on each line of a Zstandard
-- frame, and the right edge of the Merkle tree after them.
CREATE TABLE log_entry (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    log TEXT NOT NULL,
    first BIGINT NOT NULL,
    count INTEGER NOT NULL,
    leaves BLOB NOT NULL,
    edge BLOB NOT NULL,
    CONSTRAINT uq_log_entry_log_first UNIQUE (log, first)
);

-- A signed head of a log: the note as it was signed. size is the one that the note states.
CREATE TABLE checkpoint (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    log TEXT NOT NULL,
    size BIGINT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT uq_checkpoint_log_size UNIQUE (log, size)
);

-- A public key that heads are signed with from here on, and the note in which it and the key
-- before it say so.
CREATE TABLE signing_key (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT uq_signing_key_key UNIQUE (key)
);

-- An order to delete bodies: what was selected, and why. manual_evidence is the id of a piece whose file is
-- deleted.
CREATE TABLE erasure (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    erased_at BIGINT NOT NULL,
    connection TEXT,
    kind TEXT,
    key TEXT,
    manual_evidence TEXT,
    stored_before BIGINT,
    reason TEXT NOT NULL,
    CONSTRAINT uq_erasure_id UNIQUE (id)
);

-- A body, a rejected object or an attached file that was deleted by order.
CREATE TABLE erased (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    digest DIGEST NOT NULL,
    erasure INTEGER NOT NULL,
    CONSTRAINT uq_erased_digest UNIQUE (digest),
    CONSTRAINT fk_erased_erasure FOREIGN KEY (erasure) REFERENCES erasure (seq)
);
CREATE INDEX ix_erased_erasure ON erased (erasure);
