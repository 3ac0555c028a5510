"""Every number of the regression, as a frozen struct that a TOML file fills. Knows no network, file or picture.

Three files lie beside this one: `regress_paper.toml` is the paper's setting, `regress_quick.toml` (the default) is for
a CPU and a clip of seconds, `regress_tiny.toml` goes through everything in seconds, on faces of few pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from facetake.networks.resnet import ResNetSize
from facetake.portrait.training.presets import preset


@dataclass(frozen=True)
class RegressionLossSettings:
    """What is made small (AudioDVP 3.1.3). The defaults are the paper's.

    Attributes:
        form: "equations" as the paper prints them: the mean length of colour differences over the face, and of
            distances between landmarks. "released" as its code has them: the mean square over the whole picture, and
            squared distances, summed over the batch.
        photo: weight of the pictures.
        landmarks: weight of the landmarks, in pixels of a crop of 256.
        prior: weight of all coefficients together.
        identity: share of the identity's in that; albedo: of the colours'; expression: of the expression's, for
            coefficients of one standard deviation as the paper's are; an activation's 1 is much more, and costs more.
        features: how much more a landmark of mouth or eyes counts than others.
        bounds: weight of coefficients beyond what they can be, which the paper's face model does not limit.
    """

    form: Literal["equations", "released"] = "equations"
    photo: float = 1.9
    landmarks: float = 1.6e-3
    prior: float = 3e-4
    identity: float = 1.0
    albedo: float = 1.7e-3
    expression: float = 0.8
    features: float = 50.0
    bounds: float = 0.1


@dataclass(frozen=True)
class RegressionSettings:
    """One regression. The defaults are the paper's.

    Attributes:
        start: where the network begins: with VGGFace2's weights, which must then be there; "found" takes them where
            they are; "random" never does.
        size: of the network; the file needs the size of ResNet-50.
        side: pixels a side that the network sees.
        norms: "batch" normalises by each batch, as the paper does; "still" by the whole clip, once, so that what is
            learnt does not depend on who stands beside a frame.
        epochs: passes over the clip.
        batch: pictures a step.
        rate: of Adam, for the network; shared_rate: for identity and colours.
        cools: whether both rates sink to nothing over the second half; the paper's do not.
        losses: what is made small.
        save_every: epochs between checkpoints.
        seed: of weights and order.
    """

    start: Literal["vggface2", "found", "random"] = "vggface2"
    size: ResNetSize = field(default_factory=ResNetSize)
    side: int = 224
    norms: Literal["batch", "still"] = "batch"
    epochs: int = 20
    batch: int = 5
    rate: float = 2e-5
    shared_rate: float = 1e-3
    cools: bool = False
    losses: RegressionLossSettings = field(default_factory=RegressionLossSettings)
    save_every: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuses a network that the file does not fit, and sides too small to halve (ValueError)."""
        if self.start == "vggface2" and self.size != ResNetSize():
            raise ValueError('start = "vggface2" is a file of ResNet-50; leave size out, or start = "random"')
        if self.side < 32:
            raise ValueError(f"side {self.side} must be 32 or more, for five halvings")


def read_settings(name: str) -> RegressionSettings:
    """The settings of a preset ("quick", "paper", "tiny") or of a TOML file.

    Raises:
        ConfigError: there is no such preset or file, or it says something that cannot be.
    """
    return preset(RegressionSettings, name, Path(__file__).parent)
