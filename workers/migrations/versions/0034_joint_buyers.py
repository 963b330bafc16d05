"""What share a joint buyer takes, and who bought jointly, on the sale itself."""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import append_only

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both. Who was named before keeps no share: all buyers hold alike."""
    op.add_column("participant", sa.Column("share_ppm", sa.Integer, nullable=True))
    op.create_check_constraint(
        op.f("ck_participant_share_is_a_part"), "participant", "share_ppm BETWEEN 1 AND 999999"
    )
    op.create_check_constraint(
        op.f("ck_participant_share_of_a_buyer"), "participant",
        "kind = 'joint' OR share_ppm IS NULL",
    )
    op.create_table(
        "joint_buyer",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("sale_id", sa.Uuid, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("name_sealed", sa.LargeBinary, nullable=False),
        sa.Column("identity_number_sealed", sa.LargeBinary, nullable=False),
        sa.Column("identity_index", sa.LargeBinary, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=True),
        sa.Column("share_ppm", sa.Integer, nullable=True),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_joint_buyer"),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name="fk_joint_buyer_sale_id_sale"),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_keys.id"], name="fk_joint_buyer_subject_id_subject_keys"
        ),
        sa.UniqueConstraint("sale_id", "place", name="uq_joint_buyer_sale_id_place"),
        sa.CheckConstraint("place >= 1", name=op.f("ck_joint_buyer_place_counts")),
        sa.CheckConstraint(
            "share_ppm BETWEEN 1 AND 999999", name=op.f("ck_joint_buyer_share_is_a_part")
        ),
    )
    op.create_index("ix_joint_buyer_identity_index", "joint_buyer", ["identity_index"])
    op.create_index("ix_joint_buyer_person_id", "joint_buyer", ["person_id"])
    append_only("joint_buyer")


def downgrade() -> None:
    """Drop them."""
    op.drop_table("joint_buyer")
    op.drop_column("participant", "share_ppm")
