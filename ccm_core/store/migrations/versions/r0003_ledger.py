"""The ledger: its entries, signed heads and keys, and what was erased by order."""

from __future__ import annotations

import sqlalchemy as sa  # noqa: TID253 - only Alembic imports this module
from alembic import op  # noqa: TID253 - the same

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables. What is kept already gets its leaves when the store is opened."""
    _entry()
    _checkpoint()
    _signing_key()
    _erasure()
    _erased()


def downgrade() -> None:
    """Refuse: evidence is not dropped."""
    raise NotImplementedError


def _entry() -> None:
    op.create_table(
        "entry",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("log", _NAME, nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("leaves", sa.LargeBinary(), nullable=False),
        sa.Column("edge", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_entry")),
        sa.UniqueConstraint("log", "first", name=op.f("uq_entry_log_first")),
        sqlite_autoincrement=True,
    )


def _checkpoint() -> None:
    op.create_table(
        "checkpoint",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("log", _NAME, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_checkpoint")),
        sa.UniqueConstraint("log", "size", name=op.f("uq_checkpoint_log_size")),
        sqlite_autoincrement=True,
    )


def _signing_key() -> None:
    op.create_table(
        "signing_key",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("key", name=op.f("uq_signing_key_key")),
        sqlite_autoincrement=True,
    )


def _erasure() -> None:
    op.create_table(
        "erasure",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.Column("connection", _NAME),
        sa.Column("kind", _NAME),
        sa.Column("key", sa.Text()),
        sa.Column("kept_before", sa.BigInteger()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_erasure")),
        sa.UniqueConstraint("id", name=op.f("uq_erasure_id")),
        sqlite_autoincrement=True,
    )


def _erased() -> None:
    op.create_table(
        "erased",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("erasure", _SEQ, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_erased")),
        sa.ForeignKeyConstraint(["erasure"], ["erasure.seq"], name=op.f("fk_erased_erasure")),
        sa.UniqueConstraint("digest", name=op.f("uq_erased_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_erased_erasure"), "erased", ["erasure"])
