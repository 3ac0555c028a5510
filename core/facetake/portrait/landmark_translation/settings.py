"""Every number of the landmark system, as frozen structs that a TOML file fills. Knows no network, file or picture.

Those of the landmark side come first (what is learnt from, the networks, and how they learn: Landmark translation 3.1
to 3.3), then those of the picture side (3.4). Three files lie beside this one: `landmark_translation_paper.toml` is the
paper's setting, `landmark_translation_quick.toml` (the default) is for a CPU and a clip of seconds, and
`landmark_translation_tiny.toml` goes through every stage in seconds and is good for nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from facetake.networks.patchgan import PatchSize
from facetake.networks.sequence_translator import SequenceTranslatorSize
from facetake.networks.unet import Output, UNetSize
from facetake.portrait.landmark_translation.image.parts import PartSizes
from facetake.portrait.training.presets import check_falling, preset

Way = Literal["network", "ridge"]


@dataclass(frozen=True)
class Lessons:
    """What the landmark networks learn from besides the actor: takes that Facetake generates, played on drawn people.

    Attributes:
        lines: pieces of sound at most, those of the actor first.
        seconds: length of a piece.
        spread: how unlike people are, in standard deviations of the face model.
        every: of the frames of a line in a mood, one in so many is learnt from.
    """

    lines: int = 200
    seconds: float = 4.0
    spread: float = 0.7
    every: int = 5


@dataclass(frozen=True)
class MotionSize:
    """Shape of the network of displacements. The paper has 256 in the LSTM and leaves the rest to a supplement.

    Attributes:
        hidden: numbers each LSTM remembers.
        layers: LSTMs, one over another.
        wide, narrow: of the perceptron.
        both_ways: it also hears what comes next. The paper does not say; without it lips cannot be early.
    """

    hidden: int = 256
    layers: int = 3
    wide: int = 512
    narrow: int = 256
    both_ways: bool = False


@dataclass(frozen=True)
class NeutralTraining:
    """How displacements are learnt from sound. Rate and hidden size are the paper's (4, implementation details).

    Attributes:
        size: of the network.
        epochs: passes over the lines.
        batch: windows a step.
        rate: of Adam.
        window: frames of a window; stride: between the beginnings of windows.
        lips: how much points of the mouth count more where lips are closer than `closed`, in distances of the eyes.
        closed: see `lips`.
        laplacian: weight of the difference of a point from its neighbours; velocity: of the movement between frames.
        save_every: epochs between checkpoints.
        way: "network" is the paper's, learnt from generated lessons and what was seen; "ridge" regresses what was seen
            of the actors who speak on the lips that the ear reads and on a neutral take, and needs none of the numbers
            above. Where no actor speaks it is regressed from the generated lessons.
    """

    size: MotionSize = field(default_factory=MotionSize)
    epochs: int = 100
    batch: int = 32
    rate: float = 1e-4
    window: int = 50
    stride: int = 10
    lips: float = 3.0
    closed: float = 0.05
    laplacian: float = 1.0
    velocity: float = 1.0
    save_every: int = 10
    way: Way = "network"


@dataclass(frozen=True)
class MoodSize:
    """Shape of the generator and the discriminators of moods.

    Attributes:
        width: numbers an edge in every layer.
        layers: how often edges hear their neighbours.
        place: numbers learnt for each edge, by which layers shared by all edges know a lip from a brow.
    """

    width: int = 128
    layers: int = 4
    place: int = 16


@dataclass(frozen=True)
class MoodTraining:
    """How moods are learnt. The defaults of rate and weights are the paper's (equation 6 and 4).

    Attributes:
        size: of both networks.
        steps: of the generator.
        batch: frames a step.
        rate: of both Adams.
        adversarial, classified, cycle: weights of equations 3, 4 and 5.
        paired: weight of the squared difference from the same moment in the mood that is asked for. The paper has no
            such pairs; takes come in all moods.
        noise: laid over whatever the discriminators are shown, in spreads of an edge; the paper has none. Without it
            changes too small to see are enough to be taken for a mood.
        critic_steps: of the discriminators for each of the generator.
        save_every: steps between checkpoints.
    """

    size: MoodSize = field(default_factory=MoodSize)
    steps: int = 20_000
    batch: int = 16
    rate: float = 1e-4
    adversarial: float = 1.0
    classified: float = 10.0
    cycle: float = 10.0
    paired: float = 0.0
    noise: float = 0.0
    critic_steps: int = 5
    save_every: int = 500


@dataclass(frozen=True)
class MotionSettings:
    """The landmark side of one training: lessons, and both networks."""

    lessons: Lessons = field(default_factory=Lessons)
    neutral: NeutralTraining = field(default_factory=NeutralTraining)
    moods: MoodTraining = field(default_factory=MoodTraining)


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
            `facetake.portrait.training.trainer`. The paper says nothing of it.
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
            `facetake.portrait.training.trainer`. The paper says nothing of it.
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


@dataclass(frozen=True)
class LandmarkTranslationSettings:
    """One training of the landmark system.

    Attributes:
        motion: from sound and emotion to landmarks.
        pictures: from landmarks to pictures.
        seed: of weights, order and drawn people.
    """

    motion: MotionSettings = field(default_factory=MotionSettings)
    pictures: PictureSettings = field(default_factory=PictureSettings)
    seed: int = 0


def read_settings(name: str) -> LandmarkTranslationSettings:
    """The settings of a preset ("quick", "minutes", "many", "paper", "tiny") or of a TOML file.

    Raises:
        ConfigError: there is no such preset or file, or it says something that cannot be.
    """
    return preset(LandmarkTranslationSettings, name, Path(__file__).parent)
