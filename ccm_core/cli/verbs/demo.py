"""``ccm demo``."""

from __future__ import annotations

from pathlib import Path

import click

from ccm_core.app.workspace import host_of
from ccm_core.cli.terminal.exit_codes import Exit, gravest
from ccm_core.cli.terminal.outcome_codes import of_evaluation, of_manifest
from ccm_core.cli.terminal.output import say
from ccm_core.cli.terminal.progress import observer
from ccm_core.cli.verbs.evaluate import print_summary
from ccm_core.cli.verbs.report import write_report
from ccm_core.errors import UsageError
from ccm_core.model.json_codec import digest, encode
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.context import Connection
from ccm_core.pipeline.evaluate import compile_rules, evaluate
from ccm_core.pipeline.reproduce import RuleSet, keep
from ccm_core.plugins.catalog import Catalog
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load
from ccm_core.rules.types import PackText
from ccm_core.sdk.types import Connector, Demonstration, DemoSource
from ccm_core.store.interface import StoreSettings

STORE, REPORT = "ccm.db", "report.html"


@click.command("demo")
@click.argument("connector", required=False)
@click.option(
    "-d",
    "--directory",
    default="demo",
    show_default=True,
    help="Where the store and the report go; what an earlier demo left there is replaced.",
)
def command(connector: str | None, directory: str) -> None:
    """See a whole run on a built-in source: no account, no settings, nothing leaves the machine."""
    catalog = load(discover())
    chosen, demonstration = _demonstration(catalog, connector)
    folder = _emptied(Path(directory))
    say(f"a built-in {chosen.title} stands in for a real one; what follows is a whole run")
    with demonstration.open() as source:
        code = _run(catalog, _connection(chosen, source), folder)
    say(f"a real run would have ended with exit code {int(code)}")
    say(f"`ccm verify {folder / STORE}` proves that what was kept is unchanged")


def _run(catalog: Catalog, connection: Connection, folder: Path) -> Exit:
    from ccm_core.auth.signing_keys import ephemeral_key
    from ccm_core.store.sqlite.open import open_store

    host, key = host_of(catalog), ephemeral_key()
    texts = [PackText(text=one.text(), source=one.location) for one in catalog.packs.values()]
    packs = compile_rules(host, texts, {})
    store = open_store(StoreSettings(url=f"sqlite:///{STORE}"), base=folder, signing=lambda: [key])
    try:
        manifest = collect(host, connection, store, observer(quiet=False))
        evaluation = evaluate(host, [connection], store, packs)
        kept = keep(host, [connection], store, evaluation, RuleSet(packs=texts))
        print_summary(host, store, evaluation, f"The whole of it: {folder / REPORT}")
        write_report(host, store, kept, "html", folder / REPORT)
    finally:
        store.close()
    return gravest([of_manifest(manifest), of_evaluation(evaluation)])


def _demonstration(catalog: Catalog, name: str | None) -> tuple[Connector, Demonstration]:
    able = [
        (one, one.demonstration)
        for one in catalog.connectors.values()
        if one.demonstration is not None and name in {None, one.name}
    ]
    if not able:
        failed = "".join(f"\n{one}: {one.failure}" for one in catalog.failures)
        raise UsageError(f"no plugin that is installed has a demonstration{failed}")
    return able[0]


def _connection(connector: Connector, source: DemoSource) -> Connection:
    from ccm_core.config.schema_defaults import with_defaults

    return Connection(
        name=source.connection,
        connector=connector,
        settings=with_defaults(source.settings, connector.settings_schema()),
        auth_method=source.auth_method,
        secrets=source.secrets,
        settings_digest=digest(encode(source.settings)),
    )


def _emptied(folder: Path) -> Path:
    """Make the folder and take away what an earlier demonstration left, and nothing else."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (STORE, f"{STORE}-wal", f"{STORE}-shm", f"{STORE}.key", REPORT):
            (folder / name).unlink(missing_ok=True)
    except OSError as cause:
        raise UsageError(f"{folder} cannot be used: {cause.strerror}") from cause
    return folder
