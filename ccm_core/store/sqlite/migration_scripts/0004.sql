-- An evaluation, by its digest, whose failing results were held against those before it, and what
-- it changed of findings. All of it follows from the evaluations: those that are there are followed
-- when findings are asked for.
CREATE TABLE followed (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    evaluation TEXT NOT NULL,
    evaluated_at BIGINT NOT NULL,
    changes INTEGER NOT NULL,
    digest TEXT NOT NULL,
    document BLOB NOT NULL,
    CONSTRAINT uq_followed_evaluation UNIQUE (evaluation),
    CONSTRAINT uq_followed_evaluated_at UNIQUE (evaluated_at)
);
