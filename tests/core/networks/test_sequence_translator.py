"""The gated units whose states are pictures, and the network over sequences that is built of them."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="networks need torch, which the train and portrait extras bring")

from facetake.networks.sequence_translator import ConvGRU, ConvGRUCell, SequenceTranslator, SequenceTranslatorSize  # noqa: E402  after the skip  # noqa: E402

SMALL = SequenceTranslatorSize(widths=(4, 8, 8), hidden=6, layers=3)


def test_a_cell_is_the_gated_unit_of_its_equations() -> None:
    """With a kernel of one pixel a cell is the usual GRU, calculated here by hand."""
    torch.manual_seed(0)
    cell = ConvGRUCell(2, 3, 1)
    x = torch.randn(1, 2, 1, 1)
    h = torch.randn(1, 3, 1, 1)
    gates = cell.gates.weight[..., 0, 0]
    candidate = cell.candidate.weight[..., 0, 0]
    both = torch.cat([x, h], dim=1)[0, :, 0, 0]
    update, reset = (gates @ both).sigmoid().chunk(2)
    new = (candidate @ torch.cat([x[0, :, 0, 0], reset * h[0, :, 0, 0]])).tanh()
    wanted = (1.0 - update) * h[0, :, 0, 0] + update * new
    assert torch.allclose(cell(x, h)[0, :, 0, 0], wanted, atol=1e-6)


def test_a_sequence_in_pieces_is_the_sequence_as_a_whole() -> None:
    """States handed on make two halves equal to the whole, and without them the second half differs."""
    torch.manual_seed(1)
    memory = ConvGRU(4, 5, 2)
    features = torch.randn(2, 6, 4, 3, 3)
    whole, _ = memory(features)
    first, states = memory(features[:, :3])
    second, _ = memory(features[:, 3:], states)
    assert torch.allclose(torch.cat([first, second], dim=1), whole, atol=1e-6)
    assert not torch.allclose(memory(features[:, 3:])[0], whole[:, 3:], atol=1e-3)


def test_a_sequence_learns_what_only_memory_knows() -> None:
    """Two layers learn to show the picture of a frame ago, which no frame alone tells."""
    torch.manual_seed(2)
    memory = ConvGRU(1, 8, 2, kernel=1)
    out = torch.nn.Conv2d(8, 1, 1)
    adam = torch.optim.Adam([*memory.parameters(), *out.parameters()], 2e-2)
    for _ in range(80):
        features = torch.randint(0, 2, (16, 3, 1, 2, 2)).float() * 2.0 - 1.0
        made = out(memory(features)[0][:, 2])
        loss = (made - features[:, 1]).square().mean()
        adam.zero_grad()
        torch.autograd.backward(loss)
        adam.step()
    assert float(loss.detach()) < 0.5


def test_the_translator_keeps_shapes_and_can_do_without_memory() -> None:
    """Pictures go in and come out alike, in -1..1; without a ConvGRU frames do not know of each other."""
    torch.manual_seed(3)
    pictures = torch.rand(1, 4, 3, 16, 16) * 2.0 - 1.0
    made, states = SequenceTranslator(SMALL)(pictures)
    assert made.shape == pictures.shape and made.abs().max() <= 1.0 and len(states) == 3
    alone = SequenceTranslator(SequenceTranslatorSize(widths=(4, 8), layers=0, out="added"))
    assert torch.allclose(alone(pictures)[0][:, 2:], alone(pictures[:, 2:])[0], atol=1e-6)
    with pytest.raises(ValueError, match="needs a layer"):
        SequenceTranslatorSize(widths=())
