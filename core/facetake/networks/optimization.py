"""Steps down a loss: where optimizers move weights, whoever trains, and nowhere else.

`step` moves one network, `gan_step` a critic and then the generator that it judges, `minimize` a few weights to where
they stay. A critic's verdicts become losses by least squares (LSGAN, Mao et al. 2017) or by cross entropy. Schedules
and moving averages are torch's own. Knows losses and optimizers; does not know what is learnt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel

BETAS: Final = (0.5, 0.999)
"""Of Adam, as AudioDVP's program has them: beside a discriminator the usual 0.9 swings (Radford et al. 2015)."""
MAX_NORM: Final = 1.0
"""Of the gradient of a network whose gradient is clipped; one batch out of the ordinary then moves it no further."""


class Backend(Protocol):
    """What walks back through a loss in the place of torch, as Accelerate's Accelerator does on several cards."""

    def backward(self, loss: Tensor) -> None:
        """Adds the loss's gradients to those of the weights."""

    def clip_grad_norm_(self, parameters: Iterable[Tensor], max_norm: float) -> object:
        """Shortens the gradient to a norm."""


class _Torch:
    """Torch itself."""

    @staticmethod
    def backward(loss: Tensor) -> None:
        torch.autograd.backward(loss)

    @staticmethod
    def clip_grad_norm_(parameters: Iterable[Tensor], max_norm: float) -> object:
        return nn.utils.clip_grad_norm_(parameters, max_norm)


def step(loss: Tensor, optimizer: Optimizer, clipped: nn.Module | None = None, backend: Backend | None = None) -> float:
    """Moves an optimizer's weights one step down a loss.

    Args:
        loss: one number.
        optimizer: of the weights to move.
        clipped: the network whose gradient is shortened to `MAX_NORM` first; None: none.
        backend: what walks back; None: torch.

    Returns:
        The loss, as it was before the step.
    """
    back = backend or _Torch
    optimizer.zero_grad(set_to_none=True)
    back.backward(loss)
    if clipped is not None:
        back.clip_grad_norm_(clipped.parameters(), MAX_NORM)
    optimizer.step()
    return float(loss.detach())


def gan_step(
    critic_loss: Callable[[], Tensor] | None,
    critic: Optimizer,
    generator_loss: Callable[[], Tensor],
    generator: Optimizer,
    clipped: nn.Module | None = None,
) -> tuple[float, float]:
    """One step of a critic, then one of the generator, which is judged by the critic as it is by then.

    Args:
        critic_loss: makes the critic's loss, of what the generator made, detached; None: nobody judges.
        critic: the critic's optimizer.
        generator_loss: makes the generator's loss, after the critic's step.
        generator: the generator's optimizer.
        clipped: the generator, where its gradient is to be shortened as `step` does.

    Returns:
        The losses of critic, 0 without one, and generator, as they were before their steps.
    """
    judged = step(critic_loss(), critic) if critic_loss else 0.0
    return judged, step(generator_loss(), generator, clipped)


def minimize(weights: list[Tensor], loss: Callable[[], Tensor], most: int, *, searching: bool = False) -> None:
    """Moves few weights to the bottom of a smooth loss of all examples (L-BFGS).

    Args:
        weights: leaves that need gradients.
        loss: makes the loss of the weights as they are.
        most: iterations at most.
        searching: whether each step's length is searched for (strong Wolfe) rather than 1.
    """
    solver = torch.optim.LBFGS(weights, max_iter=most, line_search_fn="strong_wolfe" if searching else None)

    def closure() -> Tensor:
        solver.zero_grad()
        found = loss()
        torch.autograd.backward(found)
        return found

    solver.step(closure)  # type: ignore[no-untyped-call]  # torch's stub


def schedule(optimizer: Optimizer, share: Callable[[int], float], done: int) -> LambdaLR:
    """Torch's schedule of a training that goes on after `done` steps: each of its steps is to follow the optimizer's.

    share: the rate in a step, counted from 0 over the whole training, as a share of the optimizer's own.
    """
    return LambdaLR(optimizer, lambda steps: share(done + steps))


def moving_average(network: nn.Module, decay: float, done: int) -> AveragedModel:
    """Torch's moving average of a network's weights, over a training that goes on after `done` steps.

    Args:
        network: copied; its weights are where the average begins.
        decay: the share of the average that stays at each step, 0 (none: the weights as they are) to below 1. It rises
            to that over the first steps, so that the average soon forgets where the network began.
        done: steps of the training that the average has seen.
    """

    def follow(kept: Tensor, new: Tensor, count: Tensor | int) -> Tensor:
        return kept.lerp(new, 1.0 - min(decay, int(count) / (9 + int(count))))

    averaged = AveragedModel(network, avg_fn=follow)
    averaged.n_averaged.fill_(done + 1)  # at 0 torch would copy the first step's weights and forget the beginning
    return averaged


def least_squares(verdict: Tensor, *, real: bool) -> Tensor:
    """Mean square between verdicts and "all real" or "none real"."""
    return F.mse_loss(verdict, _wanted(verdict, real=real))


def cross_entropy(logits: Tensor, *, real: bool) -> Tensor:
    """Cross entropy of verdicts, before the sigmoid, with "all real" or "none real"."""
    return F.binary_cross_entropy_with_logits(logits, _wanted(logits, real=real))


def _wanted(verdict: Tensor, *, real: bool) -> Tensor:
    return torch.ones_like(verdict) if real else torch.zeros_like(verdict)
