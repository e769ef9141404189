"""What evaluations were made with: documents by digest, and the basis that names them."""

from __future__ import annotations

import sqlalchemy as sa  # noqa: TID253 - only Alembic imports this module
from alembic import op  # noqa: TID253 - the same

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of documents; evaluations that are there keep having no basis."""
    op.create_table(
        "document",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_document")),
        sa.UniqueConstraint("digest", name=op.f("uq_document_digest")),
        sqlite_autoincrement=True,
    )
    op.add_column("evaluation", sa.Column("basis", sa.Text()))


def downgrade() -> None:
    """Refuse: evidence is not dropped."""
    raise NotImplementedError
