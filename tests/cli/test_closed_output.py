"""A reader that closes our output early, as ``head`` does, is no fault."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ccm_core.cli.terminal.closed_output import stop_where_output_is_closed

VERBS = (
    ("--help",),
    ("plugins",),
    ("findings", "list"),
    ("evidence", "export", "--kind", "pagerduty.user"),
    ("views", "show", "pagerduty.team_ownership"),
    ("report", "--format", "markdown"),
    ("run", "--all"),
)


def without_a_reader(folder, *arguments: str, errors_too: bool = False):
    """Run one command in a process of its own; nobody reads what it prints."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "ccm_core", *arguments],
            cwd=folder,
            stdout=writer,
            stderr=writer if errors_too else subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        os.close(writer)


@pytest.mark.slow
def test_a_closed_output_ends_a_command_in_silence(ccm, connected, folder):
    """As in `ccm findings list | head -1`: exit 0, and not a word about a fault."""
    ccm("run")
    for arguments in VERBS:
        ended = without_a_reader(folder, *arguments)
        assert ended.returncode == 0, arguments
        assert "fault" not in ended.stderr, arguments
        assert arguments[0] == "run" or ended.stderr == "", arguments


def test_closed_outputs_of_both_streams_end_a_command_too(ccm, connected, folder):
    """As in `ccm findings list 2>&1 | head -1`, and where only a message was to be printed."""
    ccm("run")
    assert without_a_reader(folder, "findings", "list", errors_too=True).returncode == 0
    assert without_a_reader(folder, "explain", "none", errors_too=True).returncode == 2
    assert without_a_reader(folder, "no-such-verb", errors_too=True).returncode == 2


def test_a_broken_pipe_elsewhere_is_a_fault(capfd):
    """A connection that breaks while our output is read is not taken for success."""
    del capfd  # both streams are files, which somebody reads
    with pytest.raises(ConnectionError, match="Broken pipe"), stop_where_output_is_closed():
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("word", ["Exit codes", "Commands"])
def test_help_is_printed_where_somebody_reads_it(ccm, word):
    """What is read to its end is whole."""
    ran = ccm("--help")
    assert (ran.code, word in ran.out) == (0, True)
