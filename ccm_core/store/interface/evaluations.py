"""Evaluations, and the inputs that reproduce them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.model.evaluation.evaluation_inputs import EvaluationAct, EvaluationInputs
    from ccm_core.model.evaluation.made_evaluation import MadeEvaluation
    from ccm_core.model.evaluation.result import (
        DerivedState,
        Evaluation,
        EvaluationBasis,
        Result,
        StoredEvaluation,
        TrendPoint,
    )
    from ccm_core.model.evaluation.result_history import ResultHistory
    from ccm_core.model.evaluation.result_scope import ResultScope
    from ccm_core.model.json_codec import JsonObject


class ShownRows(Protocol):
    """What sections show of the rows of a view; few are in memory at a time."""

    def of(self, fields: Sequence[str]) -> Collection[JsonObject]:
        """Return some fields of each row, in the order of the rows; one that it lacks is left out.

        Args:
            fields: Some of those that sections show.
        """


class EvaluationStore(Protocol):
    """Stores evaluations, each once, by digest."""

    def append(
        self,
        evaluation: Evaluation,
        inputs: EvaluationInputs | None = None,
        packs: Sequence[bytes] = (),
        act: EvaluationAct | None = None,
        made_at: datetime | None = None,
    ) -> str:
        """Store an evaluation and return its digest. The same evaluation is stored once.

        Args:
            evaluation: The results.
            inputs: What it was evaluated with; without them, it cannot be reproduced.
            packs: The texts of the packs that the inputs name.
            act: How it was made, where it was made by change.
            made_at: When it was made, which the ledger states; None: that is not stated.
        """

    def latest(
        self,
        *,
        as_of: datetime | None = None,
        scope: ResultScope | None = None,
        compact: bool = False,
    ) -> StoredEvaluation | None:
        """Return the evaluation that was stored last; with ``as_of``, by its own moment.

        Args:
            as_of: The latest not after it.
            scope: Which results on single subjects to read; None: all. Of the newest evaluation
                nothing else is read.
            compact: Of all results, make each when it is looked at, and again each time: there may
                be more than fit into the memory. They can be iterated over and counted.

        Raises:
            IntegrityError: Rows, verdicts or their index are not what the evaluation left.
        """

    def latest_stored(self) -> tuple[Evaluation, EvaluationAct] | None:
        """Return the one that was made last by change, as it is stored, and how it was made.

        Raises:
            IntegrityError: It is not the one that the ledger has.
        """

    def newest_by_change(self) -> str | None:
        """Return the digest of the evaluation that was made last by change; None: none was."""

    def between(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[tuple[str, Evaluation]]:
        """Yield evaluations with their digests, ``since <= moment < until``, by their moment."""

    def histories(
        self,
        rules: AbstractSet[str],
        connections: AbstractSet[str],
        *,
        since: datetime,
        until: datetime,
    ) -> Iterator[ResultHistory]:
        """Yield what the evaluations of a time say of each rule on each single subject.

        They are numbered as :meth:`moments` lists them, and none is made whole.

        Raises:
            IntegrityError: Rows or verdicts are not those that one of them left.
        """

    def result_on(self, digest: str, rule: str, connection: str, subject: str) -> Result | None:
        """Return the result of a rule on ``KIND:KEY``, with its evidence; None: there is none.

        Raises:
            StoreError: There is no such evaluation.
        """

    def moments(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[tuple[str, datetime]]:
        """List the digests of evaluations with their moments, by their moment; reads no results."""

    def made(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[MadeEvaluation]:
        """List when evaluations were made, ``since <= moment < until``, by their moments."""

    def daily_trend(self, *, since: datetime, until: datetime) -> Sequence[TrendPoint]:
        """List an outline of the last evaluation of each UTC day of a period that has one.

        One of a past moment counts where none was made on the day.
        """

    def get(
        self, digest: str, *, scope: ResultScope | None = None, compact: bool = False
    ) -> Evaluation:
        """Return an evaluation by its digest, with the results of a scope; None: with all.

        With ``compact``, as :meth:`latest` does.

        Raises:
            IntegrityError: Rows, verdicts or their index are not what the evaluation left.
            StoreError: There is none.
        """

    def results_on(
        self, digest: str, subjects: Mapping[tuple[str, str], AbstractSet[str]]
    ) -> Sequence[Result]:
        """List the results of an evaluation on some subjects, without the evidence behind them.

        Args:
            digest: Of the evaluation.
            subjects: As ``KIND:KEY``, by rule and connection.

        Raises:
            StoreError: There is no such evaluation.
            IntegrityError: They are not those that the evaluation left.
        """

    def basis(self, digest: str) -> EvaluationBasis:
        """Return what the checks of an evaluation rested on; reads no results.

        Raises:
            IntegrityError: It is damaged.
            StoreError: There is none.
        """

    def named_results(self, digest: str) -> Sequence[tuple[str, str, str]]:
        """List each result of an evaluation as rule, connection and ``KIND:KEY``.

        Raises:
            StoreError: There is no such evaluation.
        """

    def rows(
        self,
        digest: str,
        state: DerivedState,
        view: str,
        keys: AbstractSet[str] | None = None,
    ) -> Sequence[JsonObject] | None:
        """Return the bodies of a view's rows, without what was final before the period.

        Args:
            digest: Of the evaluation.
            state: What it left of one connection.
            view: The view, or a kind whose records are rows themselves.
            keys: Those of some subjects, as ``KIND:KEY``; None: all.

        Returns:
            None where they were not kept, or rows of the connection were derived since.

        Raises:
            StoreError: There is no such evaluation.
            IntegrityError: They are not those that it left.
        """

    def shown_fields(self, digest: str, state: DerivedState, view: str) -> ShownRows | None:
        """Return what sections show of a view's rows, without what was final before the period.

        No row is read, and few are in memory at a time.

        Args:
            digest: Of the evaluation.
            state: What it left of one connection.
            view: The view, or a kind whose records are rows themselves.

        Returns:
            None where they were not kept, or rows of the connection were derived since.

        Raises:
            StoreError: There is no such evaluation.
            IntegrityError: They are not those that it left.
        """

    def inputs(self, digest: str) -> EvaluationInputs | None:
        """Return what an evaluation was made with; None where that was not stored.

        Raises:
            StoreError: There is no such evaluation.
        """

    def inputs_digest(self, digest: str) -> str | None:
        """Return the digest of the stored inputs of an evaluation; None: there are none.

        Raises:
            StoreError: There is no such evaluation.
        """

    def document(self, digest: str) -> bytes:
        """Return the text of a pack, or the bytes of inputs, by digest."""
