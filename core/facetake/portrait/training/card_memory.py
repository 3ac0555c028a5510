"""A card whose memory does not hold a batch: the epoch is trained again with batches of half as many, which is told.

What an epoch had moved by then is put back first, so that it is trained as if the batches had been small from its
beginning. Knows networks and optimizers; does not know what is learnt.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor

from facetake.errors import Notice, PortraitError
from facetake.portrait.training.devices import said

if TYPE_CHECKING:
    from facetake.portrait.training.training_dir import Kept

Learnt = TypeVar("Learnt")


@dataclass
class _Limit:
    """By how much batches are smaller than asked for, and the largest that was taken since the last was halved."""

    parts: int = 1
    largest: int = 0


_limit: ContextVar[_Limit | None] = ContextVar("limit", default=None)


@contextmanager
def limited() -> Iterator[None]:
    """Batches inside the block are of the size that is asked for, until `within` finds that they do not fit."""
    token = _limit.set(_Limit())
    try:
        yield
    finally:
        _limit.reset(token)


def fitting(batch: int) -> int:
    """How many of a batch are taken at a time: all of them, or as many as have turned out to fit."""
    limit = _limit.get()
    if limit is None:
        return batch
    taken = max(1, batch // limit.parts)
    limit.largest = max(limit.largest, taken)
    return taken


def within(learn: Callable[[], Learnt], kept: Sequence[Kept]) -> Learnt:
    """What an epoch gives, trained with batches that the card's memory holds.

    Args:
        learn: trains the epoch, by batches of `fitting` size.
        kept: the networks and optimizers that it moves.

    Raises:
        PortraitError: the card does not hold a batch of one.
    """
    limit = _limit.get() or _Limit()
    before = [(_copied(one.network.state_dict()), copy.deepcopy(one.optimizer.state_dict())) for one in kept]
    while True:
        try:
            return learn()
        except torch.OutOfMemoryError as error:
            what = said(error)
        # Behind the clause, where nothing holds the pictures of the batch any more.
        if limit.largest <= 1:
            raise PortraitError(
                f"the card's memory does not hold this training ({what}); close what else uses the card, name settings "
                "with smaller pictures, or add --device cpu"
            )
        limit.parts *= 2
        limit.largest = 0
        for one, (weights, moments) in zip(kept, before, strict=True):
            one.network.load_state_dict(weights)
            one.optimizer.load_state_dict(copy.deepcopy(moments))
        torch.cuda.empty_cache()
        told = f"the card's memory is full; it learns from batches 1/{limit.parts} as large from here on"
        warnings.warn(told, Notice, stacklevel=2)


def _copied(tensors: dict[str, Any]) -> dict[str, Any]:
    return {name: value.clone() if isinstance(value, Tensor) else value for name, value in tensors.items()}
