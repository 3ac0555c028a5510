"""What a network of curves is taught by: curves, their change, lips seen or heard, and phones.

Lips that were tracked in video, or that a teacher heard, have no scale: they are compared by correlation.
Differentiable counterparts of `facetake.mouth` stand here too.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from facetake import rig


@dataclass(frozen=True)
class LossConfig:
    """Weights of the loss terms. The paper's loss is curves = 1 and nothing else (EmoFace 4.2: mean square error).

    Attributes:
        curves: mean square error of the curves.
        mouth: added weight of the mouth, jaw and tongue in it.
        velocity: mean square error of the curves' change a frame, times 60 (units a second, scaled by 1e-2).
        lips: mean square error of the opening between the lips (`facetake.mouth.aperture`).
        phones: cross entropy of the phone head.
        tracked: one minus the correlation with lips tracked in video or heard by a teacher, of opening and of rounding.
        rounding: weight of the rounding in `tracked`; the opening's is 1.
        followed: weight of the performer's opening and rounding in `curves` where a teacher heard the lips, 0..1.
        faint: standard deviation of tracked rounding at which it counts half: below it a tracker sees mostly noise.
    """

    curves: float = 1.0
    mouth: float = 0.0
    velocity: float = 0.0
    lips: float = 0.0
    phones: float = 0.0
    tracked: float = 0.0
    rounding: float = 1.0
    followed: float = 1.0
    faint: float = 0.0


def losses(curves: Tensor, phones: Tensor, batch: dict[str, Tensor], weights: LossConfig) -> dict[str, Tensor]:
    """The weighted terms of the loss, those of weight zero left out."""
    terms: dict[str, Tensor] = {}
    seen = batch["seen"]
    known = batch["known"][:, :1]  # (B, 1): all curves are known, not the lips alone
    per_known = 1.0 / known.mean().clamp(min=1.0 / len(known))
    taught = (seen.sum(dim=1) > 0).float()[:, None]  # (B, 1): the lips come from a face or from a teacher
    if weights.curves:
        mouth = torch.as_tensor(rig.region_mask("mouth", "jaw", "tongue"), dtype=torch.float32, device=curves.device)
        follows = 1.0 + (weights.followed - 1.0) * taught * _lip_columns(curves)  # (B, 174)
        error = (curves - batch["curves"]) * ((1.0 + weights.mouth * mouth) * follows * known).sqrt()[:, None]
        terms["curves"] = weights.curves * per_known * error.square().mean()
        if weights.velocity:
            terms["velocity"] = weights.velocity * per_known * 36.0 * error.diff(dim=1).square().mean()
        if weights.lips:
            opening = (aperture(curves) - aperture(batch["curves"])) * known * (1.0 - taught)
            terms["lips"] = weights.lips * per_known * opening.square().mean()
    if weights.tracked:
        rounding = weights.rounding * apart(pucker(curves), batch["rounding"], seen, weights.faint)
        both = apart(aperture(curves), batch["opening"], seen) + rounding
        terms["tracked"] = weights.tracked * both.sum() / (seen.sum(dim=1) > 0).sum().clamp(min=1)
    if weights.phones:
        entropy = nn.functional.nll_loss(phones.transpose(1, 2), batch["phones"], reduction="none")
        terms["phones"] = weights.phones * (entropy * batch["trust"]).sum() / batch["trust"].sum().clamp(min=1.0)
    return terms


def _lip_columns(curves: Tensor) -> Tensor:
    """(174,) 1 for the controls that decide how far lips open and round, 0 for the others."""
    names = ("lowerLipDepress", "upperLipRaise", "purseU", "purseD", "funnelU", "funnelD")
    columns = [int(rig.columns("C_jaw")[0]), *(column for name in names for column in rig.both(f"mouth_{name}"))]
    found = torch.zeros(rig.N_CONTROLS, device=curves.device)
    found[columns] = 1.0
    return found


def aperture(curves: Tensor) -> Tensor:
    """(B, T) `facetake.mouth.aperture` of curves (B, T, 174), differentiable."""

    def both(name: str) -> Tensor:
        return curves[..., list(rig.both(f"mouth_{name}"))].mean(dim=-1)

    together = (0.5 * (both("lipsTogetherU") + both("lipsTogetherD"))).clamp(0.0, 1.0)
    lips = 0.35 * both("lowerLipDepress") + 0.25 * both("upperLipRaise") + 0.15 * both("stretch")
    jaw = curves[..., int(rig.columns("C_jaw")[0])]
    return (jaw * (1.0 - together) + lips - 0.3 * both("pressU").clamp(0.0, 1.0)).clamp(min=0.0)


def pucker(curves: Tensor) -> Tensor:
    """(B, T) `facetake.mouth.pucker` of curves (B, T, 174), differentiable."""
    names = ("purseU", "purseD", "funnelU", "funnelD")
    return torch.stack([curves[..., list(rig.both(f"mouth_{name}"))].mean(dim=-1) for name in names]).sum(dim=0)


def apart(track: Tensor, truth: Tensor, seen: Tensor, faint: float = 0.0) -> Tensor:
    """One minus the correlation of two tracks (B, T) over the frames seen.

    Args:
        track: what a network says.
        truth: what was seen, any scale.
        seen: 1 where the truth is known, 0 elsewhere.
        faint: standard deviation of the truth at which it counts half.

    Returns:
        (B,) 0..2; 0 where nothing was seen.
    """
    count = seen.sum(dim=1, keepdim=True).clamp(min=1.0)

    def centred(values: Tensor) -> Tensor:
        return (values - (values * seen).sum(dim=1, keepdim=True) / count) * seen

    one = centred(track)
    other = centred(truth)
    moved = other.square().sum(dim=1)
    power = (one.square().sum(dim=1) * moved).clamp(min=1e-6).sqrt()
    sure = moved / (moved + faint**2 * count[:, 0]).clamp(min=1e-9)
    return (seen.sum(dim=1) > 0) * sure * (1.0 - (one * other).sum(dim=1) / power)
