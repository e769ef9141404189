"""Where the key of a vault may come from: the environment, the keyring, a passphrase."""

from __future__ import annotations

import os
import sys

import click

from ccm_core.auth.vault_encryption import KeySources
from ccm_core.cli.terminal.output import print_message
from ccm_core.sdk.secret import Secret

_NEW = """\
This machine has no keyring, so a new vault is encrypted with a passphrase. Without it, every source
has to be connected again."""


def key_sources() -> KeySources:
    """Return where the key of a vault may come from, such as the person at the terminal."""
    if not sys.stdin.isatty():
        return KeySources(environment=os.environ)
    return KeySources(environment=os.environ, prompt=_passphrase, prompt_new=_new_passphrase)


def _passphrase() -> Secret:
    return Secret(click.prompt("Passphrase of the vault", hide_input=True, err=True))


def _new_passphrase() -> Secret:
    print_message(_NEW)
    confirmation = "The passphrase again"
    return Secret(
        click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirmation, err=True)
    )
