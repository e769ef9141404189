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
    """Make the tables; evaluations that are there are followed when findings are asked for."""
    op.create_table(
        "followed",
        sa.Column("evaluation", _SEQ, autoincrement=False, nullable=False),
        sa.Column("evaluated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation"], ["evaluation.seq"], name=op.f("fk_followed_evaluation")
        ),
        sa.PrimaryKeyConstraint("evaluation", name=op.f("pk_followed")),
        sa.UniqueConstraint("evaluated_at", name=op.f("uq_followed_evaluated_at")),
    )
    op.create_table(
        "finding_change",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("evaluation", _SEQ, nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation"], ["followed.evaluation"], name=op.f("fk_finding_change_evaluation")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_finding_change")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_finding_change_evaluation"), "finding_change", ["evaluation"], unique=False
    )
    op.create_index(op.f("ix_finding_change_finding"), "finding_change", ["finding"], unique=False)


def downgrade() -> None:
    """Refuse: evidence is not dropped."""
    raise NotImplementedError
