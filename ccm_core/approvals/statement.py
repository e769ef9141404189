"""The bytes that an approver signs: the whole entry, and who approves it when and how."""

from __future__ import annotations

from ccm_core.model.evaluation.waiver import Approval, ApprovalMethod, Waiver
from ccm_core.model.json_codec import JsonObject, decode, encode
from ccm_core.sdk.timestamps import format_instant, parse_instant

NAMESPACE = "ccm-approval@ccm-core"
"""What a signature is for: one that was made for anything else does not count."""
FORMAT = "ccm-approval/v1"
MAX_BYTES = 256 * 1024


def approval_statement(waiver: Waiver, approval: Approval) -> bytes:
    """Return what is signed: JSON with sorted keys, UTF-8, no white space, and no line feed.

    Every field of the entry is in it, but the signature itself. Instants are in UTC.
    """
    return encode(
        {
            "format": FORMAT,
            "waiver": waiver_entry(waiver),
            "approval": {
                "by": approval.by,
                "at": format_instant(approval.at),
                "method": approval.method.value,
            },
        }
    )


def waiver_entry(waiver: Waiver) -> JsonObject:
    """Return a waiver without its approval as it stands in a file; absent lists are left out."""
    lists = {
        "rules": waiver.rules,
        "findings": waiver.findings,
        "connections": waiver.connections,
        "subjects": waiver.subjects,
        "controls": waiver.controls,
    }
    return {
        "id": waiver.id,
        **{key: list(names) for key, names in lists.items() if names},
        "reason": waiver.reason,
        "owner": waiver.owner,
        "approver": waiver.approver,
        "created": format_instant(waiver.created),
        "expires": format_instant(waiver.expires),
    }


def stated_approval(statement: bytes) -> tuple[JsonObject, Approval]:
    """Return the entry and the approval of a statement, without a proof.

    Raises:
        ValueError: It is no such statement.
    """
    if len(statement) > MAX_BYTES:
        raise ValueError(f"it has {len(statement):,} bytes; expected what --print writes")
    try:
        document = decode(statement)
        is_ours, approval = document["format"] == FORMAT, document["approval"]
        entry = document["waiver"]
        stated = Approval(
            by=str(approval["by"]),
            at=parse_instant(approval["at"]),
            method=ApprovalMethod(approval["method"]),
            proof="",
        )
    except (ValueError, KeyError, TypeError):
        is_ours, entry = False, None
    if not is_ours or not isinstance(entry, dict):
        raise ValueError("it is not what --print writes")
    return entry, stated
