"""Retry with exponential backoff: which failures are tried again, when, and how often.

A 429 waits in the limiter of the credential: :mod:`ccm_core.sdk.rate_limit`.
"""

from __future__ import annotations

from collections.abc import Callable

import tenacity  # noqa: TID253 - this module is imported only where a source is read

from ccm_core.errors import RateLimited, SourceError
from ccm_core.sdk.http.bounds import Bounds
from ccm_core.sdk.http.response import HttpResponse

TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})


class RetryableError(Exception):
    """One attempt failed in a way that the next one may not."""

    def __init__(self, error: SourceError, wait: float | None) -> None:
        """Wrap an error.

        Args:
            error: What to raise after the last attempt.
            wait: The seconds that the source asked to wait; None where it named no wait.
        """
        super().__init__(str(error))
        self.error = error
        self.wait = wait


def retrying(bounds: Bounds, attempts: int | None) -> tenacity.AsyncRetrying:
    """Return an iterator of attempts, which ends when one raises no :class:`RetryableError`.

    It waits between two attempts, and raises the error of the last one.

    Args:
        bounds: The number of attempts and the backoff.
        attempts: Another number of attempts; None: that of the bounds.
    """
    backoff = tenacity.wait_exponential_jitter(
        multiplier=bounds.backoff, max=bounds.max_backoff, jitter=bounds.backoff
    )
    return tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(RetryableError),
        stop=tenacity.stop_after_attempt(attempts or bounds.attempts),
        wait=lambda state: _pause(state, backoff),
        reraise=True,
    )


def _pause(
    state: tenacity.RetryCallState, backoff: Callable[[tenacity.RetryCallState], float]
) -> float:
    error = state.outcome.exception() if state.outcome else None
    # The limiter serves the wait that the source asked for: it holds every task.
    rate_limited = isinstance(error, RetryableError) and error.wait is not None
    return 0.0 if rate_limited else backoff(state)


def exhausted_error(
    response: HttpResponse, *, limited: bool, error_for: Callable[[HttpResponse], SourceError]
) -> SourceError:
    """Return the error for a transient refusal that came back in every attempt.

    Args:
        response: The last one.
        limited: Whether it means that there were too many requests.
        error_for: How the source says what is wrong otherwise.
    """
    if limited:
        return RateLimited(f"{response.summary()}: still rate limited after the last attempt")
    return error_for(response)
