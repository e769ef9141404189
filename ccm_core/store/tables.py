"""The tables of the store. Rows are only ever added, save ``head``, which can be rebuilt.

Every row that says something has a leaf in the ledger: ``entry`` keeps those of one transaction.
Bodies stand apart, by digest, so that one can be deleted while the row that vouches for it stays;
that is why nothing refers to ``body`` by a foreign key.

Instants are microseconds since 1970, UTC. ``content``, ``document`` and ``leaves`` are Zstandard
frames.
"""

from __future__ import annotations

from sqlalchemy import (  # noqa: TID253 - this module is only imported once a store is opened
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# SQLite counts up only columns declared INTEGER; they hold 64 bits all the same.
_SEQ = BigInteger().with_variant(Integer(), "sqlite")
# Sorted by code point, as SQLite and Python do, whatever the locale of the database.
_NAME = Text().with_variant(Text(collation="C"), "postgresql")

store = Table(
    "store",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("identity", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("key_check", Text, nullable=False),
    CheckConstraint("id = 1", name="single"),
)
"""One row of facts. ``key_check`` recognises the pseudonym key and does not give it away."""

run = Table(
    "run",
    metadata,
    Column("seq", _SEQ, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("connection", _NAME, nullable=False, index=True),
    Column("connector", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""A run that was begun. It is open until ``manifest`` has a row for it."""

manifest = Table(
    "manifest",
    metadata,
    Column("seq", _SEQ, primary_key=True),
    Column("run", _SEQ, ForeignKey("run.seq"), nullable=False, unique=True),
    Column("ended_at", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""What seals a run."""

collection = Table(
    "collection",
    metadata,
    Column("seq", _SEQ, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("run", _SEQ, ForeignKey("run.seq"), nullable=False, index=True),
    Column("connection", _NAME, nullable=False),
    Column("kind", _NAME, nullable=False),
    Column("kind_version", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("window_since", BigInteger),
    Column("window_until", BigInteger),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index(None, "connection", "kind", "seq"),
    sqlite_autoincrement=True,
)
"""One window of one kind, kept in one transaction with everything that refers to it."""

version = Table(
    "version",
    metadata,
    Column("seq", _SEQ, primary_key=True),
    Column("connection", _NAME, nullable=False),
    Column("kind", _NAME, nullable=False),
    Column("kind_version", Integer, nullable=False),
    Column("key", _NAME, nullable=False),
    Column("digest", Text),
    Column("collection", _SEQ, ForeignKey("collection.seq"), nullable=False, index=True),
    Column("observed_at", BigInteger, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
    Column("endpoint", Text),
    Column("window_since", BigInteger),
    Column("window_until", BigInteger),
    Column("page", Integer),
    Column("response_digest", Text),
    CheckConstraint(
        "digest IS NULL OR (endpoint IS NOT NULL AND page IS NOT NULL"
        " AND response_digest IS NOT NULL)",
        name="source",
    ),
    # Answers "the newest version of each key by that moment" without touching the table.
    Index("ix_version_newest", "connection", "kind", "key", "seq", "kept_at"),
    sqlite_autoincrement=True,
)
"""One version of one record; without a digest, a tombstone: the key had vanished."""

head = Table(
    "head",
    metadata,
    Column("connection", _NAME, primary_key=True),
    Column("kind", _NAME, primary_key=True),
    Column("key", _NAME, primary_key=True),
    Column("seq", _SEQ, ForeignKey("version.seq"), nullable=False),
    Column("digest", Text),
    sqlite_with_rowid=False,
)
"""The newest version of every key: what ``version`` says, kept ready in the same transaction."""

body = Table(
    "body",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""The bytes that were hashed, once for each digest."""

rejected = Table(
    "rejected",
    metadata,
    Column("seq", _SEQ, primary_key=True),
    Column("collection", _SEQ, ForeignKey("collection.seq"), nullable=False, index=True),
    Column("key", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""What a schema refused: kept apart, never evidence."""

evaluation = Table(
    "evaluation",
    metadata,
    Column("seq", _SEQ, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("evaluated_at", BigInteger, nullable=False, index=True),
    Column("basis", Text),
    Column("document", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""What was said of the evidence, once for each digest. ``basis`` names the document that says
what it was made with; nothing for one that was kept before there were any."""

followed = Table(
    "followed",
    metadata,
    Column("seq", _SEQ, primary_key=True),
    Column("evaluation", Text, nullable=False, unique=True),
    Column("evaluated_at", BigInteger, nullable=False, unique=True),
    Column("changes", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""An evaluation, by its digest, whose failing results were held against those before it, and what
it changed of findings. All of it follows from the evaluations."""

document = Table(
    "document",
    metadata,
    Column("seq", _SEQ, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("form", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""What evaluations were made with, once for each digest: rule packs (``form`` is ``pack``) as
they were written, and bases (``basis``) that name packs, parameters and waivers."""

entry = Table(
    "entry",
    metadata,
    Column("seq", _SEQ, primary_key=True),
    Column("log", _NAME, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("leaves", LargeBinary, nullable=False),
    Column("edge", LargeBinary, nullable=False),
    UniqueConstraint("log", "first", name="uq_entry_log_first"),
    sqlite_autoincrement=True,
)
"""What one transaction added to one log of the ledger: ``count`` leaves from number ``first``, one
JSON object on each line, and the right edge of the tree after them."""

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("seq", _SEQ, primary_key=True),
    Column("log", _NAME, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    UniqueConstraint("log", "size", name="uq_checkpoint_log_size"),
    sqlite_autoincrement=True,
)
"""A signed head of a log: the note as it was signed. ``size`` is the one that the note states."""

signing_key = Table(
    "signing_key",
    metadata,
    Column("seq", _SEQ, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("note", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""A public key that heads are signed with from here on, and the note in which it and the key
before it say so."""

erasure = Table(
    "erasure",
    metadata,
    Column("seq", _SEQ, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("erased_at", BigInteger, nullable=False),
    Column("connection", _NAME),
    Column("kind", _NAME),
    Column("key", Text),
    Column("kept_before", BigInteger),
    Column("reason", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""An order to delete bodies: what was chosen, and why."""

erased = Table(
    "erased",
    metadata,
    Column("seq", _SEQ, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("erasure", _SEQ, ForeignKey("erasure.seq"), nullable=False, index=True),
    sqlite_autoincrement=True,
)
"""A body or a rejected object that was deleted by order."""
