"""The simulator on a loopback port, in its own thread."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Self

from ccm_pagerduty.simulator.app import SimulatedPagerDuty
from ccm_pagerduty.simulator.credentials import API_KEY

if TYPE_CHECKING:
    from types import TracebackType

    from ccm_pagerduty.simulator.account import Account
    from ccm_pagerduty.simulator.steering import Steering

_PATIENCE = 10.0


class PagerDutySimulator:
    """A PagerDuty that listens on 127.0.0.1 for as long as the ``with`` block lasts."""

    def __init__(
        self, account: Account, *, steering: Steering | None = None, port: int = 0
    ) -> None:
        import uvicorn

        self.app = SimulatedPagerDuty(account, steering)
        self.api_key = API_KEY
        self._port = port
        config = uvicorn.Config(
            self.app,
            lifespan="off",
            ws="none",
            http="h11",
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)

    @property
    def account(self) -> Account:
        """The account that is served."""
        return self.app.account

    @property
    def steering(self) -> Steering:
        """How it is steered."""
        return self.app.steering

    @property
    def base_url(self) -> str:
        """Where it listens, such as ``http://127.0.0.1:49152``."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        """Start to listen.

        Raises:
            OSError: The port is taken.
        """
        # The protocol is named because asyncio sends small answers at once only where it is.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", self._port))
        except OSError:
            listening.close()
            raise
        self._port = listening.getsockname()[1]
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="pagerduty-simulator", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE
        while not self._server.started and self._thread.is_alive():
            if time.monotonic() > deadline:
                msg = "the simulator did not start to listen within 10 s"
                raise TimeoutError(msg)
            time.sleep(0.002)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, wait until it has stopped, and tell what went wrong in the simulator itself."""
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        if self.app.failures and error is None:
            raise self.app.failures[0]
