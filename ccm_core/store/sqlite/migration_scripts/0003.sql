-- The ledger. Every row that says something has a leaf in it; what is kept already gets its leaves
-- when the store is opened.

-- What one transaction added to one log: count leaves from number first, one JSON object on each
-- line of a Zstandard frame, and the right edge of the tree after them.
CREATE TABLE entry (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    log TEXT NOT NULL,
    first BIGINT NOT NULL,
    count INTEGER NOT NULL,
    leaves BLOB NOT NULL,
    edge BLOB NOT NULL,
    CONSTRAINT uq_entry_log_first UNIQUE (log, first)
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

-- An order to delete bodies: what was chosen, and why.
CREATE TABLE erasure (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    erased_at BIGINT NOT NULL,
    connection TEXT,
    kind TEXT,
    key TEXT,
    kept_before BIGINT,
    reason TEXT NOT NULL,
    CONSTRAINT uq_erasure_id UNIQUE (id)
);

-- A body or a rejected object that was deleted by order.
CREATE TABLE erased (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL,
    erasure INTEGER NOT NULL,
    CONSTRAINT uq_erased_digest UNIQUE (digest),
    CONSTRAINT fk_erased_erasure FOREIGN KEY (erasure) REFERENCES erasure (seq)
);
CREATE INDEX ix_erased_erasure ON erased (erasure);
