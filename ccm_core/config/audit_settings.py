"""Reads what the settings agree with whoever examines a period: the sample sizes of tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from ccm_core.config.settings import AuditSettings
from ccm_core.documents import Document
from ccm_core.documents import Path as KeyPath
from ccm_core.errors import Mistake
from ccm_core.model.evaluation.sample_sizes import SampleSizes

_SAMPLING: KeyPath = ("audit", "sampling")
_RISKS = ("low", "medium", "high")


def read_audit(document: Document, mistakes: list[Mistake]) -> AuditSettings:
    """Return the settings of audits; append the mistakes in them.

    A higher risk or a larger population never has a smaller sample: whoever examines a period
    would ask why.
    """
    section = document.get(_SAMPLING)
    if not isinstance(section, list) or not all(map(_is_whole, section)) or not section:
        return AuditSettings()  # it is not there, or the schema found the mistakes
    mistakes.extend(_mistakes(document, section))
    return AuditSettings(
        sampling=tuple(
            SampleSizes(up_to=line.get("up_to"), **{risk: line[risk] for risk in _RISKS})
            for line in section
        )
    )


def _is_whole(line: object) -> bool:
    if not isinstance(line, dict):
        return False
    return all(_is_number(line.get(risk)) for risk in _RISKS) and _is_number(line.get("up_to", 1))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _mistakes(document: Document, lines: Sequence[Mapping[str, Any]]) -> Iterator[Mistake]:
    for index, line in enumerate(lines):
        for risk, higher in pairwise(_RISKS):
            if line[higher] < line[risk]:
                message = (
                    f"got {line[higher]}, expected at least {line[risk]}, the sample of {risk} risk"
                )
                yield document.mistake((*_SAMPLING, index, higher), message)
        if index + 1 < len(lines) and "up_to" not in line:
            message = (
                "expected `up_to`, the largest population of this line: only the last line is for "
                "every larger one"
            )
            yield document.mistake((*_SAMPLING, index), message)
    if "up_to" in lines[-1]:
        message = (
            "expected no `up_to`: the last line is for every larger population, and without one "
            "the largest tests would have no samples; add a line without it"
        )
        yield document.mistake((*_SAMPLING, len(lines) - 1, "up_to"), message)
    yield from _steps(document, lines)


def _steps(document: Document, lines: Sequence[Mapping[str, Any]]) -> Iterator[Mistake]:
    """Yield where a line does not go on from the one before it."""
    for index, (before, line) in enumerate(pairwise(lines), 1):
        here, previous = line.get("up_to"), before.get("up_to")
        if here is not None and previous is not None and here <= previous:
            message = f"got {here}, expected more than {previous}, the `up_to` of the line before"
            yield document.mistake((*_SAMPLING, index, "up_to"), message)
        for risk in _RISKS:
            if line[risk] < before[risk]:
                message = (
                    f"got {line[risk]}, expected at least {before[risk]}, the sample of smaller "
                    "populations"
                )
                yield document.mistake((*_SAMPLING, index, risk), message)
