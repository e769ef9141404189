"""``ccm explain``."""

from __future__ import annotations

import click

from ccm_core.app.workspace import Workspace, moment
from ccm_core.cli.evidence.command import as_of_option
from ccm_core.cli.terminal.output import json_option, print_json
from ccm_core.pipeline.explain import explain
from ccm_core.report.terminal.explanation import explanation_text


@click.command("explain")
@click.argument("result", metavar="RESULT")
@as_of_option
@json_option
@click.pass_obj
def command(config: str | None, result: str, as_of: str | None, *, as_json: bool) -> None:
    """Say why a result is what it is: conditions, values, records, requests.

    RESULT is an id that a report shows, or its beginning, or RULE/KEY.
    """
    then = moment(as_of)
    place = Workspace.opened(config)
    with place.store(create=False) as store:
        found = explain(place.host, store, result, as_of=then)
    if as_json:
        print_json(found)
        return
    click.echo(explanation_text(found))
