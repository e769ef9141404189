"""Asking: at the terminal, or out of a pipe with a line for each answer."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from ccm_core.config.secret_resolver import checked_secret
from ccm_core.errors import UsageError
from ccm_core.sdk.secret import Secret


def is_interactive() -> bool:
    """Return whether a person can be asked at the terminal."""
    return sys.stdin.isatty()


def ask_secret(label: str, *, optional: bool = False, echo: bool = False) -> Secret | None:
    """Ask for a secret, which is not shown while it is typed; nothing where it may be left out.

    Args:
        label: What to call it.
        optional: Whether it may be left out.
        echo: Whether it may be shown after all, such as the name of an app.

    Raises:
        UsageError: Nothing came, or nothing that could be a secret.
    """
    prompt = f"{label} (leave it empty where there is none)" if optional else label
    if is_interactive():
        text = click.prompt(
            prompt,
            hide_input=not echo,
            err=True,
            default="" if optional else None,
            show_default=False,
        )
    else:
        text = _line(label)
    if optional and not text.strip():
        return None
    return checked_secret(label, str(text))


def ask(prompt: str, *, default: str | None = None, choices: Sequence[str] = ()) -> str:
    """Ask for something that is no secret; in a pipe the default is taken, where there is one.

    Raises:
        UsageError: Nothing came.
    """
    if is_interactive():
        kind = click.Choice(choices) if choices else None
        return str(click.prompt(prompt, default=default, type=kind, err=True))
    return _line(prompt).strip() if default is None else default


def confirm(question: str) -> bool:
    """Ask for a yes or a no; nobody there is a no."""
    return is_interactive() and click.confirm(question, err=True)


def _line(label: str) -> str:
    line = sys.stdin.readline()
    if not line:
        raise UsageError(
            f"{label} is expected on standard input, which has ended; pipe it in, a line for each "
            "answer, or run this at a terminal"
        )
    return line
