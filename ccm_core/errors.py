"""Every exception the host raises on purpose.

::

    CcmError
    ├── UsageError                 the person who runs ccm can fix it           exit 2
    │   ├── DocumentError          mistakes in a settings file, pack or waiver
    │   ├── SettingsError          values of a connection's settings that a connector rejects
    │   ├── PluginError            a plugin that is missing, broken or conflicting
    │   │   └── PluginFault        its code raised or returned what it must not
    │   ├── SecretError            a secret reference that cannot be resolved
    │   ├── AccountMismatch        a credential opens another account than before
    │   ├── ClockMismatch          this machine's clock is wrong
    │   ├── WorkerLost             a process that evaluated beside this one has ended
    │   └── StoreError             the store cannot be opened or written
    │       ├── StoreNotFound      there is none yet: nothing was ever collected
    │       ├── ReadOnlyStore      it was opened for reading, and was to be written
    │       └── StaleEvaluation    evidence was stored while it was evaluated
    ├── IntegrityError             stored evidence is not what was stored       exit 5
    └── SourceError                the source did not return what was requested exit 4
        ├── Unreachable            no response: connection, TLS, time-out
        │   ├── TimedOut           connected, and no response in time
        │   └── NetworkSetupError  a certificate or a proxy: the same in every attempt
        ├── AuthenticationFailed   the credential itself was rejected
        │   └── ReauthorizationRequired   it cannot be refreshed: a person must connect again
        ├── PermissionDenied       a permission or a scope is missing for one request
        ├── NotAvailable           the plan lacks the feature, or the object does not exist
        ├── RateLimited            still limited after every permitted wait
        ├── BadRequest             the source rejects the request as invalid
        ├── BadResponse            a response that cannot be used
        └── CollectorFault         a collector yielded what no collector may yield

A message names the thing, what was got, what was expected and the next step. Programming errors
(``TypeError``, ``AssertionError``) are outside the tree; their traceback is shown by ``--debug``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class CcmError(Exception):
    """The root: its message is for a person, without a traceback."""

    trace: str | None = None
    """The traceback of its cause, without secrets, for ``ccm --debug``; None: its own."""


# -- the person who runs ccm can fix it -------------------------------------------------------


class UsageError(CcmError):
    """The command, its arguments or its environment are wrong."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing wrong in a document, its location, and what was expected."""

    file: str
    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""
    message: str

    def __str__(self) -> str:
        """Format it as compilers do, so that editors open the location."""
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class DocumentError(UsageError):
    """A document has mistakes; the message has all of them."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        """Sort the mistakes by their location."""
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class SettingsError(UsageError):
    """Values of a connection's settings that its connector rejects, all of them at once."""

    def __init__(self, mistakes: Mapping[str, str]) -> None:
        """Keep what was got and what is expected, by the name of the setting."""
        self.mistakes = dict(mistakes)
        super().__init__("\n".join(f"{name}: {text}" for name, text in self.mistakes.items()))


class PluginError(UsageError):
    """A plugin is missing, broken, or claims a name that another one owns."""


class PluginFault(PluginError):
    """The code of a plugin raised, or returned, what it must not."""


class SecretError(UsageError):
    """A secret reference cannot be resolved."""


class AccountMismatch(UsageError):
    """The credential of a connection opens another account than that of the stored evidence."""


class ClockMismatch(UsageError):
    """The clock of this machine is too far from the source's, or from the stored evidence."""


class WorkerLost(UsageError):
    """A process that evaluated beside this one ended before its work was done."""


class StoreError(UsageError):
    """The evidence store cannot be opened, read or written."""


class StoreNotFound(StoreError):
    """There is no evidence store yet: nothing was ever collected."""


class ReadOnlyStore(StoreError):
    """The store was opened for reading, and something was to be written to it."""


class StaleEvaluation(StoreError):
    """Evidence that counts was stored while an evaluation was made: it has to be made again."""


# -- the evidence is not what was stored ------------------------------------------------------


class IntegrityError(CcmError):
    """Stored evidence does not match its digest."""


# -- the source did not return what was requested ---------------------------------------------


class SourceError(CcmError):
    """The source of a connection did not return what was requested."""


class Unreachable(SourceError):
    """No response: refused connection, TLS failure, time-out."""


class TimedOut(Unreachable):
    """The source accepted the request and did not respond in time: ask it for less."""


class NetworkSetupError(Unreachable):
    """A certificate or a proxy keeps this machine from the source, in every attempt."""


class AuthenticationFailed(SourceError):
    """The credential itself was rejected; nothing else can be read with it."""


class ReauthorizationRequired(AuthenticationFailed):
    """The grant of an OAuth connection is lost; a person must authorize it again."""


class PermissionDenied(SourceError):
    """The credential lacks the permission or the scope for this one request."""


class NotAvailable(SourceError):
    """The account's plan lacks the feature, or the object does not exist for this credential."""


class RateLimited(SourceError):
    """The source still limits the request after every permitted wait."""


class BadRequest(SourceError):
    """The source rejects the request itself as invalid."""


class BadResponse(SourceError):
    """The response cannot be used: undecodable, too large, malformed, or an endless listing."""


class CollectorFault(SourceError):
    """A collector broke the protocol: nothing that it yielded counts."""
