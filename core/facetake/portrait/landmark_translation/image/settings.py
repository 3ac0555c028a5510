"""Every number of the picture side: networks, what they are shown, and how they learn (Landmark translation 3.4).

Knows no network, file or picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from facetake.networks.output import Output
from facetake.networks.patchgan import PatchSize
from facetake.networks.sequence_translator import SequenceTranslatorSize
from facetake.networks.unet import UNetSize
from facetake.portrait.landmark_translation.image.parts import PartSizes
from facetake.portrait.training.schedule import check_falling


@dataclass(frozen=True)
class PictureLossWeights:
    """How much each loss counts. The paper names the losses and no weights.

    Attributes:
        mse: of the mean squared error of pictures in -1..1.
        gan: of the discriminator's verdict; 0 leaves the discriminator out.
        perceptual: of the perceptual loss; see `facetake.portrait.landmark_translation.image.losses`.
        identity: of the local identity loss; 0 leaves it out (Table 3: "w/o identity loss").
    """

    mse: float = 100.0
    gan: float = 1.0
    perceptual: float = 1.0
    identity: float = 1.0


@dataclass(frozen=True)
class LocalTraining:
    """How the networks of the parts learn, from single frames.

    Attributes:
        epochs: passes over the clips.
        batch: frames a step.
        rate: of all Adams (paper: 4, implementation details).
        part_gan: what the parts' discriminators count beside that of the rest.
        falling: the share of the epochs, the last ones, over which the rate falls to nothing, 0..1; see
            `facetake.portrait.training.schedule`. The paper says nothing of it.
        save_every: epochs between checkpoints.
        preview_every: epochs between preview pictures.
    """

    epochs: int = 100
    batch: int = 16
    rate: float = 2e-4
    part_gan: float = 0.25
    falling: float = 0.0
    save_every: int = 1
    preview_every: int = 10


@dataclass(frozen=True)
class GlobalTraining:
    """How the network over the whole picture learns, from sequences.

    Attributes:
        epochs: passes over the clips.
        length: frames of a sequence.
        batch: sequences a step.
        rate: of both Adams (paper: 4, implementation details).
        falling: the share of the epochs, the last ones, over which the rate falls to nothing, 0..1; see
            `facetake.portrait.training.schedule`. The paper says nothing of it.
        save_every: epochs between checkpoints.
        preview_every: epochs between preview pictures.
    """

    epochs: int = 100
    length: int = 8
    batch: int = 2
    rate: float = 2e-4
    falling: float = 0.0
    save_every: int = 1
    preview_every: int = 10


@dataclass(frozen=True)
class PictureSettings:
    """What translates landmark pictures into photographs.

    Attributes:
        side: of the square that the networks see, in pixels.
        region: what that square shows: the whole picture, as in the paper, or the face with some room around it; what
            is around it is then the photograph, moved.
        reference: the photograph as the networks see it: "still", as in the paper, or "moved", bent beforehand so that
            its landmarks lie where they are to be.
        references: frames of each clip that serve as its photograph: the calmest one alone, or more. With one the
            networks may learn a person by heart, with more they must look at the photograph.
        tint: how much light and colour of a clip and its photograph are changed at each step, both alike, so that
            networks look for colours in the photograph; a standard deviation of logarithms. The paper does not do so.
        mirror: every clip is learnt from as it is and in a mirror, as if twice as many people had been filmed. The
            paper does not do so.
        changed: what the networks may change about the photograph: "all" of it, as in the paper, or its "parts" alone:
            skin, hair and background then are the photograph's, and there is no network for the rest.
        out: what becomes of what the networks of parts and rest say: a picture "anew", as in the paper, "added" to
            the photograph that they see, or "blended" into it.
        local: parts are translated on their own; without, one network translates the whole (Table 3: "w/o local
            translation").
        parts: sizes of the parts.
        part_unet: of eyes, nose and mouth.
        rest_unet: of the rest.
        part_critic: discriminators of the parts.
        critic: discriminators of the rest and of the whole.
        sequence: the network over the whole picture.
        weights: of the losses.
        local_training: of parts and rest.
        global_training: of the network over the whole.
    """

    side: int = 256
    region: Literal["frame", "face"] = "frame"
    reference: Literal["still", "moved"] = "still"
    references: int = 1
    tint: float = 0.0
    mirror: bool = False
    changed: Literal["all", "parts"] = "all"
    out: Output = "anew"
    local: bool = True
    parts: PartSizes = field(default_factory=PartSizes)
    part_unet: UNetSize = field(default_factory=lambda: UNetSize(downs=3, refine=False, dropout=0.0, norm="group"))
    rest_unet: UNetSize = field(default_factory=lambda: UNetSize(downs=4, refine=False, dropout=0.0, norm="group"))
    part_critic: PatchSize = field(default_factory=lambda: PatchSize(layers=2, norm="group"))
    critic: PatchSize = field(default_factory=lambda: PatchSize(norm="group"))
    sequence: SequenceTranslatorSize = field(default_factory=SequenceTranslatorSize)
    weights: PictureLossWeights = field(default_factory=PictureLossWeights)
    local_training: LocalTraining = field(default_factory=LocalTraining)
    global_training: GlobalTraining = field(default_factory=GlobalTraining)

    def __post_init__(self) -> None:
        """Refuses what does not go together (ValueError)."""
        halvings = 2 ** max(self.rest_unet.downs, len(self.sequence.widths))
        if self.side < 32 or self.side % halvings:
            raise ValueError(f"side {self.side} must be 32 or more and a multiple of {halvings}, which layers halve")
        if self.region == "face" and self.reference != "moved":
            raise ValueError('region "face" needs reference = "moved", for what is around the face')
        if self.changed == "parts" and self.reference != "moved":
            raise ValueError('changed "parts" needs reference = "moved", for what is around the parts')
        check_falling(self.local_training.falling, self.global_training.falling)
        if not 0.0 <= self.tint <= 1.0:
            raise ValueError(f"tint must be from 0 to 1, not {self.tint}")
        if self.references < 1 or self.global_training.length < 1:
            raise ValueError("at least one reference, and one frame in a sequence, are needed")
