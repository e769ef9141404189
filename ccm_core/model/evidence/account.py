"""Whose evidence it is: the account that each collection was read from. Pure.

A connection belongs to one account. Where its owner replaced the account on purpose, what was read
from the former one stays stored and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from ccm_core.model.evidence.collection import Collection


def current_account(collections: Sequence[Collection]) -> str | None:
    """Return the account of the newest collection that knows it; None where none does.

    Args:
        collections: Of one connection, in the order in which they were stored.
    """
    accounts = (collection.account for collection in reversed(collections))
    return next((account for account in accounts if account is not None), None)


def is_foreign(collection: Collection, account: str | None) -> bool:
    """Return whether a collection is known to be of another account."""
    return account is not None and collection.account not in {None, account}


def of_account(collections: Sequence[Collection], account: str | None) -> list[Collection]:
    """Return collections without those that are known to be of another account."""
    return [collection for collection in collections if not is_foreign(collection, account)]
