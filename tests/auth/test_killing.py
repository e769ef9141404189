"""Kills at random instants around refreshes: the vault opens, and each connection works or says."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ccm_core.auth.token_endpoint import TokenEndpoint
from ccm_core.auth.token_refresh import TokenRefresher, refresh_function
from ccm_core.auth.vault import Vault
from ccm_core.auth.vault_encryption import KeySources
from ccm_core.auth.vault_entry import VaultEntry
from ccm_core.errors import ReauthorizationRequired
from ccm_core.model.json_codec import encode

KEY = {"CCM_VAULT_KEY": "8FbGmH1iKkq2lN7zR0vYx3uJ5dQwTtE6aSsPpOoLlKk="}
LOG = logging.getLogger(__name__)
KILLS = 200

pytestmark = [
    pytest.mark.slow,
    pytest.mark.no_cover,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork"),
]


class Refreshers:
    """Processes that refresh until they are killed."""

    def __init__(self, endpoint: TokenEndpoint, vault: Path) -> None:
        given = {
            "provider": asdict(endpoint.provider),
            "client_id": endpoint.client.client_id,
            "vault": str(vault),
        }
        secret = endpoint.client.client_secret
        self._nursery = subprocess.Popen(  # noqa: S603 - this interpreter, with the file beside this one
            [sys.executable, Path(__file__).with_name("refresher.py"), encode(given).decode()],
            env={**os.environ, **KEY, "CLIENT_SECRET": secret.reveal() if secret else ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def kill_one(self, after: float) -> None:
        """Start a process, and kill it after so many seconds."""
        process = self.start()
        time.sleep(after)
        os.kill(process, signal.SIGKILL)
        assert self.ended() == -signal.SIGKILL

    def start(self) -> int:
        """Start a process and give its id."""
        assert self._nursery.stdin
        assert self._nursery.stdout
        self._nursery.stdin.write("\n")
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())

    def ended(self) -> int:
        """Wait for the process and give its exit code."""
        assert self._nursery.stdout
        return int(self._nursery.stdout.readline())

    def stop(self) -> None:
        """Start no more."""
        self._nursery.communicate(timeout=10)


def outcome(vault: Vault, keeper: TokenRefresher) -> str | None:
    """Use the connection as the next run does; give what it says where it does not work."""
    try:
        asyncio.run(keeper.after_refusal(vault.read("prod").secrets["access_token"]))
    except ReauthorizationRequired as lost:
        return str(lost)
    return None


def seconds_for_one(vault: Vault, keeper: TokenRefresher) -> float:
    """Measure what a refresh takes here and now, so that kills fall all around one."""
    began = time.perf_counter()
    for _ in range(3):
        assert outcome(vault, keeper) is None
    return (time.perf_counter() - began) / 3


def test_token_refresh_survives_200_kills_or_reports_the_loss(
    tmp_path, endpoint, oauth, servers, identity, clock
):
    """The vault opens each time; what was lost in the one window is known for what it is."""
    clock.now = datetime.now(UTC)
    vault = Vault(tmp_path / "ccm.vault", KeySources(environment=KEY, keyring=lambda: None))
    keeper = TokenRefresher(
        vault, "prod", refresh=refresh_function(endpoint, ["read"]), clock=clock
    )
    vault.write("prod", VaultEntry.of(oauth.walk(endpoint), entered_at=clock()))
    longest = 2 * seconds_for_one(vault, keeper)
    refreshers, dice, lost = Refreshers(endpoint, vault.path), random.Random(7), []  # noqa: S311 - must repeat
    try:
        for _ in range(KILLS):
            before = identity.rotations
            refreshers.kill_one(after=dice.uniform(0, longest))
            # How long a refresh takes changes while other tests run: kills follow it.
            longest *= 1.05 if identity.rotations == before else 0.95
            left = vault.read("prod")
            if left.refresh_started_at is None:
                # No refresh was under way. The next process refreshes with what is here.
                assert left.secrets["access_token"].reveal() in servers.api.control.bearer_tokens
            elif (says := outcome(vault, keeper)) is not None:
                lost.append(says)
                vault.write("prod", VaultEntry.of(oauth.walk(endpoint), entered_at=clock()))
    finally:
        refreshers.stop()
    assert outcome(vault, keeper) is None
    LOG.info("%d lost of %d kills in %d refreshes", len(lost), KILLS, identity.rotations)
    assert [one for one in lost if "was cut off before its response was stored" not in one] == []
    assert identity.replays == len(lost) < KILLS / 2 < identity.rotations


def test_two_processes_never_send_the_same_refresh_token(
    tmp_path, endpoint, oauth, identity, clock
):
    """Refreshing side by side without a pause, each waits for the other's answer to be kept."""
    clock.now = datetime.now(UTC)
    vault = Vault(tmp_path / "ccm.vault", KeySources(environment=KEY, keyring=lambda: None))
    vault.write("prod", VaultEntry.of(oauth.walk(endpoint), entered_at=clock()))
    pair = [Refreshers(endpoint, vault.path) for _ in range(2)]
    processes = [one.start() for one in pair]
    until = time.monotonic() + 20
    while identity.rotations < 6 and time.monotonic() < until:
        time.sleep(0.01)
    # What a kill in the middle of a refresh costs is the test before; here nobody is killed yet.
    rotations, replays = identity.rotations, identity.replays
    for process in processes:
        os.kill(process, signal.SIGKILL)
    for one in pair:
        one.ended()
        one.stop()
    assert (rotations >= 6, replays) == (True, 0)
