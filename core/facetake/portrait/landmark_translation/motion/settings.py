"""Every number of the landmark side: what is learnt from, the networks, and how they learn (Landmark translation 3).

Knows no network, file or sound.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from facetake.networks.landmark_moods import MoodSize
from facetake.networks.landmark_motion import MotionSize


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
