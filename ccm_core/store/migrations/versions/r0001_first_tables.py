"""The first tables: runs, manifests, collections, versions, bodies, evaluations."""

from __future__ import annotations

import sqlalchemy as sa  # noqa: TID253 - only Alembic imports this module
from alembic import op  # noqa: TID253 - the same

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make every table, those that others refer to first."""
    _store()
    _run()
    _manifest()
    _collection()
    _version()
    _head()
    _body()
    _rejected()
    _evaluation()


def downgrade() -> None:
    """Refuse: there is no earlier store, and evidence is not dropped."""
    raise NotImplementedError


def _store() -> None:
    op.create_table(
        "store",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("key_check", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_store_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store")),
    )


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("connection", _NAME, nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_run")),
        sa.UniqueConstraint("id", name=op.f("uq_run_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_run_connection"), "run", ["connection"])


def _manifest() -> None:
    op.create_table(
        "manifest",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("run", _SEQ, nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_manifest")),
        sa.ForeignKeyConstraint(["run"], ["run.seq"], name=op.f("fk_manifest_run")),
        sa.UniqueConstraint("run", name=op.f("uq_manifest_run")),
        sqlite_autoincrement=True,
    )


def _collection() -> None:
    op.create_table(
        "collection",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run", _SEQ, nullable=False),
        sa.Column("connection", _NAME, nullable=False),
        sa.Column("kind", _NAME, nullable=False),
        sa.Column("kind_version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("window_since", sa.BigInteger()),
        sa.Column("window_until", sa.BigInteger()),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_collection")),
        sa.ForeignKeyConstraint(["run"], ["run.seq"], name=op.f("fk_collection_run")),
        sa.UniqueConstraint("id", name=op.f("uq_collection_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_collection_run"), "collection", ["run"])
    op.create_index(
        op.f("ix_collection_connection_kind_seq"), "collection", ["connection", "kind", "seq"]
    )


def _version() -> None:
    op.create_table(
        "version",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("connection", _NAME, nullable=False),
        sa.Column("kind", _NAME, nullable=False),
        sa.Column("kind_version", sa.Integer(), nullable=False),
        sa.Column("key", _NAME, nullable=False),
        sa.Column("digest", sa.Text()),
        sa.Column("collection", _SEQ, nullable=False),
        sa.Column("observed_at", sa.BigInteger(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.Column("endpoint", sa.Text()),
        sa.Column("window_since", sa.BigInteger()),
        sa.Column("window_until", sa.BigInteger()),
        sa.Column("page", sa.Integer()),
        sa.Column("response_digest", sa.Text()),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_version")),
        sa.CheckConstraint(
            "digest IS NULL OR (endpoint IS NOT NULL AND page IS NOT NULL"
            " AND response_digest IS NOT NULL)",
            name=op.f("ck_version_source"),
        ),
        sa.ForeignKeyConstraint(
            ["collection"], ["collection.seq"], name=op.f("fk_version_collection")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_version_collection"), "version", ["collection"])
    op.create_index("ix_version_newest", "version", ["connection", "kind", "key", "seq", "kept_at"])


def _head() -> None:
    op.create_table(
        "head",
        sa.Column("connection", _NAME, nullable=False),
        sa.Column("kind", _NAME, nullable=False),
        sa.Column("key", _NAME, nullable=False),
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("digest", sa.Text()),
        sa.PrimaryKeyConstraint("connection", "kind", "key", name=op.f("pk_head")),
        sa.ForeignKeyConstraint(["seq"], ["version.seq"], name=op.f("fk_head_seq")),
        sqlite_with_rowid=False,
    )


def _body() -> None:
    op.create_table(
        "body",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_body")),
    )


def _rejected() -> None:
    op.create_table(
        "rejected",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("collection", _SEQ, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_rejected")),
        sa.ForeignKeyConstraint(
            ["collection"], ["collection.seq"], name=op.f("fk_rejected_collection")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_rejected_collection"), "rejected", ["collection"])


def _evaluation() -> None:
    op.create_table(
        "evaluation",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("evaluated_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_evaluation")),
        sa.UniqueConstraint("digest", name=op.f("uq_evaluation_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_evaluation_evaluated_at"), "evaluation", ["evaluated_at"])
