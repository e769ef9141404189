"""A quarter of a company's account, collected and evaluated every day by the real collectors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccm_core.app.cycle import evaluate_connections
from ccm_core.app.demonstration.open import find_demonstration, open_demo
from ccm_core.app.demonstration.past import run_past
from ccm_core.app.installation import all_plugins
from ccm_core.app.ports import CallerPorts, environment_keys
from ccm_core.cli.main import main
from ccm_core.collect.observer import NullObserver
from tests.pipeline.quarter.account_of_a_quarter import Quarter, build_quarter, served


@dataclass(frozen=True, kw_only=True)
class CollectedQuarter:
    """The account through the quarter, and the folder of what was collected of it."""

    quarter: Quarter
    folder: Path


@pytest.fixture(scope="session")
def collected(tmp_path_factory) -> CollectedQuarter:
    """The quarter, of which nothing is written any more."""
    folder, quarter = tmp_path_factory.mktemp("quarter"), build_quarter()
    catalog = all_plugins()
    connector, _ = find_demonstration(catalog, "pagerduty")
    ports = CallerPorts(show_message=lambda _: None, key_sources=environment_keys)
    with open_demo(catalog, connector, served(quarter, "northwind"), folder, ports) as demo:
        asyncio.run(_run(demo))
    return CollectedQuarter(quarter=quarter, folder=folder)


async def _run(demo) -> None:
    demo = await run_past(demo, lambda *_: None)
    await demo.collect(NullObserver())
    evaluate_connections(demo.workspace, demo.store, demo.rules)


@pytest.fixture
def ccm(collected, capfd) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Run a command over it: its exit code, and what it printed."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(["-c", str(collected.folder / "ccm.yaml"), *arguments])
        printed = capfd.readouterr()
        return code, printed.out, printed.err

    return run
