"""Steps of optimizers: they do what torch's own loop does, in order, and schedules and averages go on alike."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

pytest.importorskip("torch", reason="networks need torch")

import torch  # noqa: E402  after the skip

from facetake.networks.optimization import (  # noqa: E402
    MAX_NORM,
    gan_step,
    minimize,
    moving_average,
    schedule,
    step,
)


def network() -> torch.nn.Module:
    """A small network, the same each time, with a statistic that is no weight."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1))


def loss_of(learnt: torch.nn.Module, number: int, scale: float = 1.0) -> torch.Tensor:
    """A loss of a batch by its number."""
    given = torch.randn(8, 3, generator=torch.Generator().manual_seed(number))
    away: torch.Tensor = learnt(given) - given.sum(dim=1, keepdim=True)
    return scale * away.square().mean()


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    """Whether weights and statistics are alike to the bit."""
    return all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_a_step_is_torchs_own(scale: float) -> None:
    """Zeroed, walked back, clipped and moved, as a loop by hand does it; gradients left from elsewhere do not count."""
    ours = network()
    theirs = network()
    adams = [torch.optim.Adam(one.parameters(), 0.1) for one in (ours, theirs)]
    for weight in ours.parameters():
        weight.grad = torch.ones_like(weight)
    told = []
    for number in range(3):
        told.append(step(loss_of(ours, number, scale), adams[0], ours))
        loss = loss_of(theirs, number, scale)
        adams[1].zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
        adams[1].step()
        assert told[-1] == float(loss.detach())
    assert same(ours, theirs)


def test_only_what_is_named_is_clipped() -> None:
    """With plain descent a step is as long as the gradient: MAX_NORM where the network is named, longer where not."""
    lengths = []
    for is_clipped in (True, False):
        one = network()
        step(loss_of(one, 0, 1e4), torch.optim.SGD(one.parameters(), 1.0), one if is_clipped else None)
        vectors = [torch.nn.utils.parameters_to_vector(each.parameters()).detach() for each in (network(), one)]
        lengths.append(float((vectors[1] - vectors[0]).norm()))
    assert lengths[0] == pytest.approx(MAX_NORM, rel=1e-3) and lengths[1] > 100.0


def test_a_backend_walks_back_in_torchs_place() -> None:
    """What is given walks back and clips, once each, before the weights move."""
    called = []

    class Backend:
        def backward(self, loss: torch.Tensor) -> None:
            called.append("backward")
            torch.autograd.backward(2.0 * loss)

        def clip_grad_norm_(self, parameters: Iterable[torch.Tensor], max_norm: float) -> None:
            called.append(f"clip {len(list(parameters))} to {max_norm}")

    one = network()
    twice = network()
    step(loss_of(one, 0), torch.optim.SGD(one.parameters(), 0.1), one, Backend())
    step(loss_of(twice, 0), torch.optim.SGD(twice.parameters(), 0.2))

    assert called == ["backward", "clip 6 to 1.0"]
    for a, b in zip(one.parameters(), twice.parameters(), strict=True):
        assert torch.allclose(a, b)


def test_the_generator_meets_the_critic_after_its_step() -> None:
    """The critic moves first, the generator's loss is made after that, and neither moves by the other's loss."""
    critic = torch.nn.Parameter(torch.tensor(1.0))
    made = torch.nn.Parameter(torch.tensor(3.0))
    descents = [torch.optim.SGD([weight], 0.5) for weight in (critic, made)]

    losses = gan_step(lambda: critic * made.detach(), descents[0], lambda: critic * made, descents[1])

    assert losses == (3.0, -1.5)
    assert critic.item() == 1.0 - 0.5 * 3.0 and made.item() == 3.0 - 0.5 * -0.5
    assert gan_step(None, descents[0], lambda: made.square(), descents[1])[0] == 0.0
    assert critic.item() == -0.5


@pytest.mark.parametrize("searching", [False, True])
def test_a_minimum_is_found(searching: bool) -> None:  # noqa: FBT001  parametrized
    """Two weights come to the bottom of a bowl, exactly enough to be read off."""
    weights = torch.zeros(2, requires_grad=True)
    bottom = torch.tensor([2.0, -1.0])
    minimize([weights], lambda: ((weights - bottom) * torch.tensor([1.0, 3.0])).square().sum(), 50, searching=searching)

    assert torch.allclose(weights, bottom, atol=1e-4)


def test_a_schedule_goes_on_where_it_stopped() -> None:
    """Rates of a training in two goes are those of one go, the optimizer's own rate times the step's share."""

    def rates(first: int, last: int) -> list[float]:
        one = network()
        adam = torch.optim.Adam(one.parameters(), 0.3)
        rate = schedule(adam, lambda number: 1.0 - number / 10.0, first)
        found = []
        for number in range(first, last):
            found.append(adam.param_groups[0]["lr"])
            step(loss_of(one, number), adam)
            rate.step()
        return found

    assert rates(0, 4) + rates(4, 9) == rates(0, 9) == [0.3 * (1.0 - number / 10.0) for number in range(9)]


@pytest.mark.parametrize("decay", [0.0, 0.15, 0.999])
def test_an_average_follows_and_goes_on(decay: float) -> None:
    """Weights follow ever slower down to a decay, statistics are the network's own, and stopping changes nothing."""
    learnt = network()
    by_hand = network()
    adam = torch.optim.Adam(learnt.parameters(), 0.1)
    once = moving_average(learnt, decay, 0)
    for number in range(6):
        if number == 3:
            again = moving_average(learnt, decay, 3)
            again.module.load_state_dict(once.module.state_dict())
        step(loss_of(learnt, number), adam)
        for average in (once, again) if number >= 3 else (once,):
            average.update_parameters(learnt)
        with torch.no_grad():
            for kept, new in zip(by_hand.parameters(), learnt.parameters(), strict=True):
                kept.lerp_(new, 1.0 - min(decay, (1 + number) / (10 + number)))
            for held, now in zip(by_hand.buffers(), learnt.buffers(), strict=True):
                held.copy_(now)

    assert same(once.module, by_hand) and same(again.module, by_hand)
    assert same(once.module, learnt) is (decay == 0.0)
