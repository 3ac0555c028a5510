"""Every number of AudioDVP, as frozen structs that a TOML file fills. Knows no network, file or picture.

Three files lie beside this one: `audiodvp_paper.toml` is the paper's setting, `audiodvp_quick.toml` (the default) is
for a CPU and a clip of seconds, `audiodvp_tiny.toml` goes through every stage in seconds and is good for nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from facetake.networks.patchgan import PatchSize
from facetake.networks.unet import Output, UNetSize
from facetake.portrait.training.presets import check_falling, preset

Features = Literal["take", "take_lips", "speech", "speech_mel"]
Ends = Literal["black", "held"]


@dataclass(frozen=True)
class ExpressionTraining:
    """How expression is learnt from sound. The defaults are the paper's (AudioDVP 3.2).

    Attributes:
        way: "network" is the paper's Audio2Expression, for minutes of video; "ridge" regresses on the take that
            Facetake generates and on the lips that the ear reads, which seconds suffice for; "scaled" merely brings
            that take to the actor's own mean and spread.
        epochs: passes over the clip.
        batch: windows a step.
        rate: of Adam.
        decay: how strongly weights are drawn to zero; the paper has none.
    """

    way: Literal["network", "ridge", "scaled"] = "network"
    epochs: int = 10
    batch: int = 5
    rate: float = 1e-3
    decay: float = 0.0


@dataclass(frozen=True)
class AudioDvpRendererTraining:
    """How the neural face renderer learns. The defaults are the paper's (AudioDVP 3.3).

    Attributes:
        epochs: passes over the clip.
        batch: pictures a step.
        rate: of both Adams.
        beta: their first moment's decay; 0.5 in the released code, "default" in the paper.
        l1: weight of the absolute difference. Equation 7 has the factor 100 on the other term; there it makes noise,
            and the released code has it here.
        adversarial: weight of the discriminator's verdict; 0 leaves the discriminator out.
        jitter: how far pairs are turned, scaled, moved and mirrored at random, 0..1; see
            `facetake.portrait.training.augmentation`. The paper has none: of three minutes hardly anything can be
            learnt by heart, of six seconds everything.
        falling: the share of the epochs, the last ones, over which the rate falls to nothing, 0..1; see
            `facetake.portrait.training.trainer`. The paper says nothing of it.
        save_every: epochs between checkpoints.
        preview_every: epochs between preview pictures.
    """

    epochs: int = 250
    batch: int = 16
    rate: float = 2e-4
    beta: float = 0.5
    l1: float = 100.0
    adversarial: float = 1.0
    jitter: float = 0.0
    falling: float = 0.0
    save_every: int = 1
    preview_every: int = 10


@dataclass(frozen=True)
class AudioDvpSettings:
    """One training of AudioDVP on one actor.

    Attributes:
        features: what the sound is heard as: "take" is the expression of a generated take, "take_lips" has the lips
            beside it, as the ear reads them; for the others see `facetake.portrait.audio_features`.
        radius: frames to either side in both windows (N_w, AudioDVP 3.2 and 3.3).
        region: what the renderer sees: the whole picture, as in the paper, or the square around the lower face.
        ends: what the renderer's window holds past the ends: black pictures, as in the paper, or the end's own picture,
            with which the first and last frames of a line look like the others.
        side: that region's side in pixels, as the network sees it.
        out: what becomes of what the renderer says: a picture "anew", as in the paper, "added" to the drawing in the
            middle of its window, or "blended" into it.
        expression: training of what turns sound into expression.
        unet: the renderer.
        critic: its discriminator.
        renderer: training of both.
        seed: of weights and order.
    """

    features: Features = "speech"
    radius: int = 3
    region: Literal["frame", "lower_face"] = "frame"
    ends: Ends = "black"
    side: int = 256
    out: Output = "anew"
    expression: ExpressionTraining = field(default_factory=ExpressionTraining)
    unet: UNetSize = field(default_factory=UNetSize)
    critic: PatchSize = field(default_factory=PatchSize)
    renderer: AudioDvpRendererTraining = field(default_factory=AudioDvpRendererTraining)
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuses what does not go together (ValueError)."""
        for way, features in (("scaled", "take"), ("ridge", "take_lips")):
            if self.expression.way == way and self.features != features:
                raise ValueError(f'expression.way "{way}" needs features = "{features}"')
        check_falling(self.renderer.falling)
        if self.side % 2**self.unet.downs:
            raise ValueError(f"side {self.side} must be a multiple of {2**self.unet.downs}, for unet.downs halvings")


def read_settings(name: str) -> AudioDvpSettings:
    """The settings of a preset ("quick", "minutes", "paper", "tiny") or of a TOML file.

    Raises:
        ConfigError: there is no such preset or file, or it says something that cannot be.
    """
    return preset(AudioDvpSettings, name, Path(__file__).parent)
