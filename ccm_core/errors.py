"""Every exception the host raises on purpose.

::

    CcmError
    ├── UsageError                 the person who runs ccm can mend it          exit 2
    │   ├── DocumentError          mistakes in a settings file, pack or waiver
    │   ├── PluginError            a plugin that is missing, broken or clashing
    │   ├── SecretError            a secret reference that cannot be resolved
    │   └── StoreError             the store cannot be opened or written
    │       ├── NoStore            there is none yet: nothing was ever collected
    │       └── ReadOnlyStore      it was opened for reading, and was to be written
    ├── IntegrityError             stored evidence is not what was stored       exit 5
    └── SourceError                the source did not give what was asked       exit 4
        ├── Unreachable            no answer: connection, TLS, time-out
        ├── Refused                the credential itself was refused
        │   └── GrantLost          it cannot be renewed: a person must connect again
        ├── Denied                 a right or a scope is missing for one request
        ├── NotAvailable           the plan lacks the feature, or it is not there
        ├── RateLimited            still limited after every permitted wait
        ├── BadRequest             the source calls the request wrong
        └── BadAnswer              an answer that cannot be used

A message names the thing, what was found, what was wanted and the next step. Mistakes of
the programmer (``TypeError``, ``AssertionError``) stay outside the tree and keep their traceback.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class CcmError(Exception):
    """The root: something a person should read, not a traceback."""


# -- the person who runs ccm can mend it ------------------------------------------------------


class UsageError(CcmError):
    """The command, its arguments or its surroundings are wrong."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing wrong in a document, where it stands, and what was wanted."""

    file: str
    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""
    message: str

    def __str__(self) -> str:
        """Say it the way editors and compilers do, so that a click opens the place."""
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class DocumentError(UsageError):
    """A document has mistakes; all of them are told at once."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        """Keep the mistakes in the order in which they stand in the file."""
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class PluginError(UsageError):
    """A plugin is missing, broken, or claims a name that another one owns."""


class SecretError(UsageError):
    """A secret reference does not lead to a secret."""


class StoreError(UsageError):
    """The evidence store cannot be opened, read or written."""


class StoreNotFound(StoreError):
    """There is no evidence store yet: nothing was ever collected."""


class ReadOnlyStore(StoreError):
    """The store was opened for reading, and something was to be written to it."""


# -- the evidence is not what was stored ------------------------------------------------------


class IntegrityError(CcmError):
    """Stored evidence does not match its digest."""


# -- the source did not give what was asked ---------------------------------------------------


class SourceError(CcmError):
    """The source of a connection did not give what was asked."""


class Unreachable(SourceError):
    """No answer came: refused connection, TLS failure, time-out."""


class AuthenticationFailed(SourceError):
    """The credential itself was refused; nothing else can be read with it."""


class ReauthorizationRequired(AuthenticationFailed):
    """The grant behind an OAuth connection is gone; only a person can give a new one."""


class PermissionDenied(SourceError):
    """The credential lacks the right or the scope for this one request."""


class NotAvailable(SourceError):
    """The account's plan lacks the feature, or the object is not there for this credential."""


class RateLimited(SourceError):
    """The source still limited the request after every wait that is permitted."""


class BadRequest(SourceError):
    """The source calls the request itself wrong."""


class BadResponse(SourceError):
    """The answer cannot be used: undecodable, too large, misshapen, or going in circles."""
