-- What evaluations were made with, once for each digest: rule packs (form is pack) as they were
-- written, and bases (basis) that name packs, parameters and waivers.
CREATE TABLE document (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL,
    form TEXT NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT uq_document_digest UNIQUE (digest)
);

-- Names the document that says what it was made with; nothing for one that was kept before.
ALTER TABLE evaluation ADD COLUMN basis TEXT;
