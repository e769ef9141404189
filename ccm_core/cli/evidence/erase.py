"""``ccm erase``: delete the bodies of records by order; their digests stay."""

from __future__ import annotations

import secrets
from datetime import datetime

import click

from ccm_core.app.installation import clock
from ccm_core.app.workspace import Workspace
from ccm_core.cli.evidence.command import known
from ccm_core.cli.terminal.options import connection_option
from ccm_core.cli.terminal.output import print_message
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError
from ccm_core.model.evidence.erasure import Erasure, ErasureResult
from ccm_core.report.content import phrases
from ccm_core.sdk.timestamps import parse_duration, parse_instant
from ccm_core.sdk.types import Shape


@click.command("erase")
@connection_option
@click.option("--kind", metavar="KIND", help="Only this evidence kind.")
@click.option("--key", metavar="KEY", help="Only this object; needs --kind.")
@click.option("--before", metavar="INSTANT", help="Only what was stored before this moment.")
@click.option("--older-than", metavar="DURATION", help="Only what is older than that, as in 400d.")
@click.option(
    "--manual",
    "evidence",
    metavar="ID",
    help="The file of this manual evidence, and nothing else.",
)
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is stored in the ledger.")
@click.option("--yes", is_flag=True, help="Do it; else only print what would be deleted.")
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917 - each is an option of its own
    config: str | None,
    connection: str | None,
    kind: str | None,
    key: str | None,
    before: str | None,
    older_than: str | None,
    evidence: str | None,
    reason: str,
    *,
    yes: bool,
) -> None:
    """Delete bodies of records or an attached file, for privacy or because retention has ended.

    Rows and leaves stay, so the store can still be verified, and the ledger says what was erased
    and why. Rules that depend on it are insufficient. With a moment, current records of snapshot
    kinds are not deleted: they are observed again and again.
    """
    now = clock()
    kept_before = _moment(before, older_than, now)
    of_records = any((connection, kind, key, kept_before))
    if of_records and evidence:
        raise UsageError("--manual names a file, and the other options records: give one of them")
    if not of_records and not evidence:
        raise UsageError(
            "say what to erase: --connection, --kind, --key, --before or --older-than; or --manual "
            "for the file of manual evidence"
        )
    if key is not None and kind is None:
        raise UsageError("--key names an object of one kind: give --kind as well")
    workspace = open_workspace(config)
    if kind is not None:
        known(workspace, kind)
    is_by_age = kept_before is not None and key is None
    try:
        erasure = Erasure(
            id=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
            connection=connection,
            kind=kind,
            key=key,
            stored_before=kept_before,
            manual_evidence=None if evidence is None else _named(workspace, evidence),
            excluded_kinds=_snapshots(workspace) if is_by_age else frozenset(),
            reason=reason,
            erased_at=now,
        )
    except ValueError as cause:
        raise UsageError(f"--reason: {cause}") from cause
    with workspace.write_store(create=False) if yes else workspace.read_store() as store:
        if connection is not None and connection not in store.runs.connections():
            connections = ", ".join(store.runs.connections()) or "none"
            raise UsageError(
                f"nothing is stored of a connection {connection!r}; there are: {connections}"
            )
        erased = store.erasure.erase(erasure) if yes else store.erasure.preview(erasure)
    print_message(_summary(erased, done=yes))


def _named(workspace: Workspace, evidence: str) -> str:
    from ccm_core.app.audit.named_evidence import evidence_named, where_file_is

    with workspace.read_store() as store:
        piece = evidence_named(store, evidence)
        if piece.erased or not piece.statement.file.stored:
            raise UsageError(f"{piece.id} has no file to erase: {where_file_is(store, piece)}")
    return piece.id


def _moment(before: str | None, older_than: str | None, now: datetime) -> datetime | None:
    if before is not None and older_than is not None:
        raise UsageError("--before and --older-than say the same thing: give one of them")
    try:
        if before is not None:
            return parse_instant(before)
        return None if older_than is None else now - parse_duration(older_than)
    except (OverflowError, ValueError) as cause:
        raise UsageError(f"{'--before' if before else '--older-than'}: {cause}") from cause


def _snapshots(workspace: Workspace) -> frozenset[str]:
    return frozenset(
        name for name, kind in workspace.catalog.kinds.items() if kind.shape is Shape.SNAPSHOT
    )


def _summary(erased: ErasureResult, *, done: bool) -> str:
    if erased.files:
        return _summary_of_file(erased, done=done)
    amount = f"{erased.bodies} bodies and {erased.rejected} rejected objects"
    if erased.rows or erased.verdicts:
        amount += f", with {erased.rows} rows and {erased.verdicts} verdicts made from them,"
    beyond = (
        f"; {erased.shared_versions} versions that were not selected share these bodies and lose "
        "them too"
        if erased.shared_versions
        else ""
    )
    if not done:
        return f"{amount} would be deleted{beyond}. Nothing was deleted; --yes deletes it for good"
    return f"{amount} were deleted{beyond}; the ledger records it"


def _summary_of_file(erased: ErasureResult, *, done: bool) -> str:
    others = erased.sharing_evidence
    also = (
        f", that of {phrases.count(others, 'other piece')} of manual evidence too,"
        if others
        else ""
    )
    if not done:
        return f"the file{also} would be deleted. Nothing was deleted; --yes deletes it for good"
    return f"the file{also} was deleted; its digest stays, and the ledger records the order"
