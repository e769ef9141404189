"""The test of a connection as it is printed, and the question whether to save it all the same."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from ccm_core.cli.terminal.output import print_message, print_table
from ccm_core.cli.terminal.prompts import confirm
from ccm_core.cli.terminal.workspace import run_async
from ccm_core.errors import SourceError

if TYPE_CHECKING:
    from ccm_core.pipeline.source.connection_session import SessionTest


def print_test(test: Coroutine[Any, Any, SessionTest]) -> SessionTest:
    """Test a connection, print the diagnoses and return the test.

    Raises:
        SourceError: It cannot be used.
        AccountMismatch: It opens another account than before.
    """
    print_message("testing the connection ...")
    session = run_async(test)
    rows = [
        (
            "ok" if diagnosis.ok else "PROBLEM",
            diagnosis.subject,
            diagnosis.message,
            diagnosis.next_step or "",
        )
        for diagnosis in session.diagnoses
    ]
    print_table(("", "check", "result", "next step"), rows)
    return session


def print_test_before_saving(test: Coroutine[Any, Any, SessionTest], *, save_anyway: bool) -> None:
    """Test a connection and return where it may be saved.

    Raises:
        SourceError: It cannot be used, and nobody confirmed to save it all the same.
    """
    try:
        print_test(test)
    except SourceError as error:
        if save_anyway:
            print_message(str(error))
        elif not confirm(f"The test failed: {error}\nSave it all the same?"):
            message = f"{error}\nnothing was saved; --save-anyway saves it all the same"
            raise type(error)(message) from error
