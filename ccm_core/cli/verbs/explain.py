"""``ccm explain``: trace one result to its condition, row, evidence and gaps."""

from __future__ import annotations

import click

from ccm_core.cli.terminal.options import as_of_option, json_option, read_as_of
from ccm_core.cli.terminal.output import print_json, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.pipeline.explain import explain
from ccm_core.report.terminal.explanation import explanation_text


@click.command("explain")
@click.argument("result", metavar="RESULT")
@as_of_option
@json_option
@click.pass_obj
def command(config: str | None, result: str, as_of: str | None, *, as_json: bool) -> None:
    """Explain a result: conditions, values, records, requests.

    RESULT is an id that a report shows, or its beginning, or RULE/KEY.
    """
    instant = read_as_of(as_of)
    workspace = open_workspace(config)
    with workspace.read_store() as store:
        explanation = explain(workspace.host, store, result, as_of=instant)
    if as_json:
        print_json(explanation)
        return
    print_text(explanation_text(explanation))
