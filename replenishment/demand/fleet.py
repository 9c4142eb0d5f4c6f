"""The formulas of demand over many slots at once, in blocks that fit a processor's cache.

Pure. One row per slot in every array; the numbers are those of the scalar path to 1e-9.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from replenishment.demand.arithmetic import MANY, FloatArray
from replenishment.demand.depletion import depletion_days
from replenishment.demand.lead_demand import LeadDays, lead_use, not_exceeded
from replenishment.demand.model import Demand, Learned, Prior, demand, learn

BLOCK: Final = 8192  # slots: some thirty arrays of 64 KiB


def learn_all(
    state: Learned[FloatArray], prior: Prior[FloatArray], used: FloatArray, days: FloatArray
) -> Learned[FloatArray]:
    """One observation per slot. NaN and negative use teach nothing, as `days` below 1."""

    def block(*columns: FloatArray) -> Learned[FloatArray]:
        before, known = Learned(*columns[:6]), Prior(*columns[6:10])
        use, exposure = columns[10], columns[11]
        is_told = (use >= 0) & (exposure >= 1)
        if is_told.all():
            return learn(before, known, use, exposure, MANY)
        after = learn(
            before, known, np.where(is_told, use, 0.0), np.where(is_told, exposure, 1.0), MANY
        )
        return Learned(
            *(np.where(is_told, new, old) for new, old in zip(after, before, strict=True))
        )

    return Learned(*_in_blocks(block, (*state, *prior, used, days), results=6))


def demands(state: Learned[FloatArray], prior: Prior[FloatArray]) -> Demand[FloatArray]:
    return demand(state, prior, MANY)


def reorder_points(
    state: Learned[FloatArray], prior: Prior[FloatArray], lead: LeadDays, score: FloatArray
) -> FloatArray:
    """Units per slot. score: normal score of its service level, with the margin."""

    def block(*columns: FloatArray) -> tuple[FloatArray]:
        known = Prior(*columns[6:10])
        each = demand(Learned(*columns[:6]), known, MANY)
        mean, variance = lead_use(each, lead)
        return (not_exceeded(mean, variance, columns[10], known.use_size, MANY),)

    [found] = _in_blocks(block, (*state, *prior, score), results=1)
    return found


def depletion_quantiles(
    state: Learned[FloatArray],
    prior: Prior[FloatArray],
    left: FloatArray,
    scores: tuple[FloatArray, ...],
) -> list[FloatArray]:
    """Days per slot, one array per array of normal scores."""

    def block(*columns: FloatArray) -> list[FloatArray]:
        each = demand(Learned(*columns[:6]), Prior(*columns[6:10]), MANY)
        return [depletion_days(score, columns[10], each, MANY) for score in columns[11:]]

    return _in_blocks(block, (*state, *prior, left, *scores), results=len(scores))


def _in_blocks(
    function: Callable[..., tuple[FloatArray, ...] | list[FloatArray]],
    columns: tuple[FloatArray, ...],
    *,
    results: int,
) -> list[FloatArray]:
    slots = len(columns[0])
    found = [np.empty(slots) for _ in range(results)]
    for first in range(0, slots, BLOCK):
        part = slice(first, first + BLOCK)
        for whole, piece in zip(
            found, function(*(column[part] for column in columns)), strict=True
        ):
            whole[part] = piece
    return found
