"""``ccm verify``: recompute hashes, tree and signatures of the whole store."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.options import json_option
from ccm_core.cli.terminal.output import erase_line, print_json, print_message, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.cli.verify.bundle import is_bundle, show, verified
from ccm_core.cli.verify.proof import is_proof, verify_proof
from ccm_core.config.locate import read_file
from ccm_core.errors import UsageError
from ccm_core.ledger.checkpoint import PinnedCheckpoint
from ccm_core.ledger.signed_note import VerifierKey
from ccm_core.ledger.verification_result import Verification
from ccm_core.model.evaluation.derived import connection_of, is_derived

if TYPE_CHECKING:
    from ccm_core.ledger.verification_result import LogState
    from ccm_core.pipeline.anew.random_share import RandomShare

_SHOWN = 50
_PAUSE = 0.2
"""Seconds between two lines of progress."""


@click.command("verify")
@click.argument("store", required=False, type=click.Path())
@click.option(
    "--pin",
    "pins",
    multiple=True,
    metavar="FILE",
    help="A checkpoint from `ccm checkpoint`.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="FILE|KEY",
    help="A public key from `ccm keys export`.",
)
@click.option(
    "--reevaluate",
    metavar="SHARE",
    help="Derive a random share of the newest evaluation anew, such as 1%, and compare it.",
)
@click.option(
    "--seed", type=int, help="With --reevaluate: choose as a verification did that printed it."
)
@json_option
@click.pass_obj
def command(
    config: str | None,
    store: str | None,
    pins: tuple[str, ...],
    keys: tuple[str, ...],
    reevaluate: str | None,
    seed: int | None,
    *,
    as_json: bool,
) -> int:
    """Verify a store, a bundle or a proof: every digest, tree and checkpoint. Nothing is written.

    STORE is its file; without it, the store of the settings. Exit code 5 names what differs from
    what was stored; 3 lists what is not proven.
    """
    from ccm_core.store.sqlite.verify import verify_store

    share = _share(reevaluate, seed)
    pinned = [PinnedCheckpoint(name=name, note=_text(name)) for name in pins]
    trusted = [key for name in keys for key in _keys(name)]
    if share is not None and store is not None and _is_no_store(Path(store)):
        raise UsageError(f"--reevaluate derives rows from the evidence of a store; {store} is none")
    if store is not None and is_bundle(Path(store)):
        return show(verified(Path(store), pinned, trusted), as_json=as_json)
    if store is not None and is_proof(Path(store)):
        return verify_proof(Path(store), trusted)
    path = Path(store) if store is not None else _own(config)
    verification = verify_store(
        path,
        pins=pinned,
        trusted=trusted,
        on_progress=(lambda *_: None) if as_json else progress(),
    )
    if share is not None:
        from ccm_core.cli.verify.reevaluate import with_reevaluation

        verification = with_reevaluation(verification, path, config, share)
    if as_json:
        print_json(verification)
    else:
        print_verification(verification, path)
    return exit_code_of(verification)


def exit_code_of(verification: Verification) -> Exit:
    """Return the exit code of a verification."""
    if not verification.sound:
        return Exit.INTEGRITY
    return Exit.INSUFFICIENT if verification.unproven else Exit.OK


def print_verification(verification: Verification, path: Path) -> None:
    """Print a verification, the most severe line last."""
    print_text(f"{path}: store {verification.store}")
    for log in verification.logs:
        print_text(f"  {_log(log)}")
    erased = f", {verification.erased} erased by order" if verification.erased else ""
    print_text(
        f"  {verification.leaves} leaves, {verification.bodies} bodies and documents{erased}, "
        f"{verification.checkpoints} checkpoints, {verification.pins} pins"
    )
    for key in verification.keys:
        print_text(f"  key {key.key}")
    if verification.reevaluation is not None:
        from ccm_core.cli.verify.reevaluate import extent_line

        print_text(f"  {extent_line(verification.reevaluation)}")
    for text in verification.unproven:
        print_text(f"not proven: {text}")
    for finding in verification.problems[:_SHOWN]:
        print_text(f"damaged: {finding}")
    more = len(verification.problems[_SHOWN:]) + verification.more
    if more:
        print_text(f"damaged: and {more} more; --json has the first {len(verification.problems)}")
    print_text(_conclusion(verification))


def _conclusion(verification: Verification) -> str:
    if not verification.sound:
        return "the store differs from what was stored"
    if verification.unproven:
        return "no change was found, but not everything is proven"
    since = " since the pinned checkpoint" if verification.pins else ""
    return f"everything is as it was stored{since}"


def _log(log: LogState) -> str:
    signed = f"signed up to {log.signed_size}" + (f" by {log.signed_by}" if log.signed_by else "")
    name = f"{connection_of(log.log)}, rows and verdicts" if is_derived(log.log) else log.log
    return f"log {name}: {log.size} leaves, root {log.root}, {signed}"


def progress() -> Callable[[int, int], None]:
    """Return what shows progress on a terminal."""
    if not sys.stderr.isatty():
        return lambda *_: None
    last = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal last
        if done >= total or time.monotonic() - last > _PAUSE:
            last = time.monotonic()
            erase_line()
            print_message(f"{done:,} of {total:,} leaves", nl=done >= total)

    return report


def _share(text: str | None, seed: int | None) -> RandomShare | None:
    if text is None:
        if seed is not None:
            raise UsageError("--seed chooses what --reevaluate derives anew; give that as well")
        return None
    from ccm_core.cli.verify.reevaluate import random_share

    return random_share(text, seed)


def _is_no_store(path: Path) -> bool:
    return is_bundle(path) or is_proof(path)


def _own(config: str | None) -> Path:
    workspace = open_workspace(config)
    name = workspace.settings.store.url.removeprefix("sqlite:///")
    return (workspace.settings.base / name).absolute()


def _text(name: str) -> str:
    try:
        return read_file(Path(name)).decode("utf-8")
    except UnicodeDecodeError as cause:
        raise UsageError(f"{name} is not UTF-8 text: {cause}") from cause


def _keys(text: str) -> Iterator[VerifierKey]:
    """Yield the keys of a file, or the one that the text itself is."""
    lines: Sequence[str] = [text] if text.count("+") > 1 else _text(text).split()
    for line in lines:
        try:
            yield VerifierKey.read(line)
        except ValueError as error:
            raise UsageError(
                f"{text} holds no public key of a ledger: {error}. `ccm keys export` writes them"
            ) from error
    if not lines:
        raise UsageError(f"{text} holds no public key")
