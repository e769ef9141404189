"""The command ``ccm``: finds the verb, runs it, and turns what is raised into an exit code."""

from __future__ import annotations

import gc
import importlib
import logging
from collections.abc import Sequence
from typing import Any

import click

from ccm_core.cli.terminal.closed_output import (
    OutputClosed,
    silent_where_nobody_reads,
    stop_where_output_is_closed,
)
from ccm_core.cli.terminal.exit_codes import Exit, error_code
from ccm_core.cli.terminal.faults import (
    fault_message,
    log_traceback,
    plugins_print_to_stderr,
    show_tracebacks,
    tracebacks_on_demand,
)
from ccm_core.cli.terminal.output import print_message
from ccm_core.errors import CcmError

COMMANDS = {
    "assurance": "Show what a period proves, with every evidence gap",
    "bundle": "Write evidence, results and proofs of a period to one file",
    "changes": "Show what changed in the sources, and who changed it",
    "check": "Test every connection and list problems",
    "checkpoint": "Print the ledger's signed checkpoint, to be pinned or published",
    "collect": "Collect what is due and store it",
    "connect": "Connect a source: prompt, test, save",
    "connections": "List, show, edit, remove connections; rotate their keys",
    "demo": "Run on a simulated source, without an account",
    "erase": "Delete stored bodies of some objects; the proof stays",
    "evaluate": "Evaluate the stored evidence with the rule packs",
    "evidence": "List, show and export evidence; attach manual evidence",
    "exceptions": "List the exceptions of a period, and respond to them",
    "explain": "Explain a result, down to records and requests",
    "findings": "List what fails: who does what by when, and its history",
    "frameworks": "List frameworks, how much of each is covered, and import catalogues",
    "init": "Write a commented ccm.yaml",
    "keys": "Show, export and rotate the keys that sign the ledger",
    "mcp": "Answer assistants over the Model Context Protocol, read-only",
    "measures": "Show MTTA, MTTR and other measures, month by month",
    "notify": "Notify channels of new findings, or send their digest",
    "plugins": "List plugins, what they offer, and why one failed",
    "prove": "Print the inclusion proof of one record",
    "report": "Write the report of the last evaluation",
    "rules": "List, check, test, preview and compare rule packs",
    "run": "Collect, evaluate, report and notify",
    "runs": "List runs, and show what one requested, read and missed",
    "serve": "Serve the web console, and collect beside it",
    "simulate": "Show whom an incident on a service would reach",
    "tickets": "Open, update and close the tickets of findings, and list them",
    "trend": "Show figures of each check day by day, and compare quarters",
    "verify": "Verify that stored evidence is unchanged, or name what differs",
    "views": "List views and show their rows",
    "watch": "Run as a daemon: collect what is due, evaluate, report",
}
"""Every verb and its one line of help. A verb's module is imported when it is used."""

MODULES = {
    "changes": "evidence.changes",
    "checkpoint": "verify.checkpoint",
    "connect": "connect.command",
    "connections": "connect.connections",
    "erase": "evidence.erase",
    "evidence": "evidence.command",
    "exceptions": "exceptions.command",
    "findings": "findings.command",
    "frameworks": "frameworks.command",
    "keys": "verify.keys",
    "mcp": "serve.assistants",
    "measures": "evidence.measures",
    "prove": "verify.prove",
    "rules": "rules.command",
    "runs": "evidence.runs",
    "serve": "serve.command",
    "trend": "evidence.trend",
    "verify": "verify.command",
    "views": "evidence.views",
}
"""Verbs that have a package of their own; the others are in ``cli/verbs``."""


class Verbs(click.Group):
    """The verbs, each loaded from its own module when it is used."""

    def make_context(self, *arguments: Any, **keywords: Any) -> click.Context:
        """Read the options; click prints help and version here."""
        with stop_where_output_is_closed():
            return super().make_context(*arguments, **keywords)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb."""
        with stop_where_output_is_closed():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the name of every verb."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one verb."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(
            f"ccm_core.cli.{MODULES.get(cmd_name, f'verbs.{cmd_name}')}"
        )
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--config",
    metavar="FILE",
    help="The settings file; else CCM_CONFIG, else ./ccm.yaml.",
)
@click.option(
    "--debug",
    is_flag=True,
    help="Show the traceback of an error, and of what a plugin raises, on standard error.",
)
@click.version_option(package_name="ccm-core", prog_name="ccm")
@click.pass_context
def ccm(ctx: click.Context, config: str | None, *, debug: bool) -> None:
    """Monitor controls of incident response continuously, and report what could not be seen.

    Exit codes: 0 OK, 1 checks fail, 2 usage or settings, 3 evidence insufficient,
    4 source unreachable or refused, 5 stored evidence damaged.
    """
    ctx.obj = config
    if debug:
        show_tracebacks()


_YOUNG_OBJECTS = 200_000
"""How many new objects there may be before Python looks for cycles among them; 700 by default."""


def tune_garbage_collector() -> None:
    """Make Python look for cyclic garbage less often in this process.

    Reading and evaluating evidence makes millions of objects that live on and form no cycles.
    Looking through them at Python's default rate takes a third of the time. It is set here, at
    the edge of the process, so that nothing below changes the state of its caller.
    """
    gc.set_threshold(_YOUNG_OBJECTS)


def run_process() -> int:
    """Run the command that the process was started with and return its exit code."""
    tune_garbage_collector()
    return main()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; the state of the process stays as it is."""
    # Libraries log what our own messages and manifests contain.
    logging.getLogger().addHandler(logging.NullHandler())
    with plugins_print_to_stderr(), tracebacks_on_demand():
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = ccm.main(args=arguments, prog_name="ccm", standalone_mode=False)
    except CcmError as error:
        for line in str(error).splitlines() or [type(error).__name__]:
            print_message(line)
        log_traceback(error)
        return error_code(error)
    except click.ClickException as error:
        with silent_where_nobody_reads():
            error.show()
        return Exit.USAGE
    except (KeyboardInterrupt, click.Abort):
        print_message("stopped; what was stored stays stored")
        return Exit.STOPPED
    except OutputClosed:
        return Exit.OK
    except BaseException as fault:  # noqa: BLE001 - whatever went wrong, it is no result of a check
        print_message(fault_message(fault))
        log_traceback(fault)
        return Exit.USAGE
    return int(code) if isinstance(code, int) else Exit.OK
