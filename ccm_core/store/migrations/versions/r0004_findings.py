"""Findings: which evaluations were followed, and what each of them changed."""

from __future__ import annotations

import sqlalchemy as sa  # noqa: TID253 - only Alembic imports this module
from alembic import op  # noqa: TID253 - the same

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table; evaluations that are there are followed when findings are asked for."""
    op.create_table(
        "followed",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("evaluation", sa.Text(), nullable=False),
        sa.Column("evaluated_at", sa.BigInteger(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_followed")),
        sa.UniqueConstraint("evaluation", name=op.f("uq_followed_evaluation")),
        sa.UniqueConstraint("evaluated_at", name=op.f("uq_followed_evaluated_at")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Refuse: evidence is not dropped."""
    raise NotImplementedError
