"""A paper's ablation table on an actor of yours, and whether each row goes the way that it goes in the paper.

    python tests/bench/bench_ablations.py audiodvp|read|landmark ACTOR OUT [--seconds 40] [--until 60]
        [--settings minutes] [--epochs 12] [--device cpu] [--landmarker TASK] [--weights DIR]

ACTOR is a captured folder whose sound is in step with its lips. Its first seconds teach the networks of each row; the
frames up to second `--until` are compared, by what stands in for the paper's measures where their networks are not
found in `--weights`. OUT keeps the trainings, so that a run that was stopped goes on. Prints our row and the paper's
one below the other, and then, for each row in which something was left out, whether each number became better or
worse, here and there. Numbers as such differ: people, face models and measures do.

The rows are those of AudioDVP's, READ Avatars' and the landmark system's Table 3. AudioDVP's two are one training. A
landmark training has two stages, of which each has its `--epochs`; without them the settings say.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import torch
from bench_read import hear, variants

from facetake import inference
from facetake.arrays import I64
from facetake.portrait.audiodvp import evaluation as audiodvp_evaluation
from facetake.portrait.audiodvp import render as audiodvp_render
from facetake.portrait.audiodvp import settings as audiodvp_settings
from facetake.portrait.audiodvp import training as audiodvp_training
from facetake.portrait.audiodvp.proxy import open_performer
from facetake.portrait.capture.actor import CapturedActor, read_actor
from facetake.portrait.capture.clip_list import ActorClip
from facetake.portrait.landmark_translation import evaluation as landmark_evaluation
from facetake.portrait.landmark_translation.image.losses import judges
from facetake.portrait.landmark_translation.image.training import learn_pictures
from facetake.portrait.landmark_translation.settings import PictureSettings
from facetake.portrait.landmark_translation.settings import read_settings as landmark_settings
from facetake.portrait.landmark_translation.subject import open_captured
from facetake.portrait.metrics.clip import Measure, ReferenceClip, measures
from facetake.portrait.read_avatars.settings import read_settings as read_avatars_settings
from facetake.portrait.read_avatars.training import train as train_read_avatars
from facetake.portrait.training import devices

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = Mapping[str, float]
How = TypeVar("How", bound="DataclassInstance")

PAPER: Final[Mapping[str, Mapping[str, Row]]] = {
    "audiodvp": {  # the mean of its videos A, B and I
        "full": {"SSIM": 0.9818},
        "without neural rendering": {"SSIM": 0.9711},
    },
    "read": {
        "full": {"LSE-C": 4.431, "LSE-D": 10.157, "FID": 13.600, "A-EMD": 0.069, "V-EMD": 0.093},
        "without discriminators": {"LSE-C": 4.047, "LSE-D": 10.446, "FID": 12.587, "A-EMD": 0.079, "V-EMD": 0.090},
        "without sound in the texture": {"LSE-C": 4.175, "LSE-D": 10.398, "FID": 15.96, "A-EMD": 0.069, "V-EMD": 0.96},
    },
    "landmark": {  # of RAVDESS; on CREMA-D all rows go the same way
        "full": {"CPBD": 0.336, "FID": 14.621, "CSIM": 0.516, "LMD": 0.705},
        "without local translation": {"CPBD": 0.312, "FID": 39.059, "CSIM": 0.463, "LMD": 0.736},
        "without identity loss": {"CPBD": 0.319, "FID": 54.052, "CSIM": 0.478, "LMD": 0.775},
        "without ConvGRU": {"CPBD": 0.274, "FID": 52.527, "CSIM": 0.491, "LMD": 0.720},
    },
}
"""Each paper's Table 3."""
STAND_INS: Final = {
    "SSIM": ("ssim",),
    "LSE-C": ("lse_c", "lips_r"),
    "LSE-D": ("lse_d", "lmd"),
    "FID": ("fid", "frechet_handmade"),
    "A-EMD": ("a_emd", "arousal"),
    "V-EMD": ("v_emd", "valence"),
    "CPBD": ("cpbd",),
    "CSIM": ("csim", "csim_handmade"),
    "LMD": ("lmd",),
}
"""What is taken for a number of the papers: the same where its network is there, else what comes next to it."""
RISING: Final = ("SSIM", "LSE-C", "CPBD", "CSIM")
"""Numbers of which more is better."""
LEVEL: Final = (
    0.005  # of the full model's number: a change of less is none, for trainings differ by that with their seed
)


@dataclass(frozen=True)
class Trial:
    """What is trained and compared.

    actor: its folder; out: of the trainings; seconds: that are learnt from; until: the second up to which frames are
    compared; settings: a preset or a file; epochs: of each stage, none for those of the settings; landmarker, weights:
    for measures.
    """

    actor: Path
    out: Path
    seconds: float
    until: float
    settings: str
    epochs: Sequence[int]
    device: torch.device
    landmarker: Path | None
    weights: Path | None

    def learnt(self, actor: CapturedActor) -> int:
        """Frames that are learnt from."""
        return int(self.seconds * actor.rate)

    def compared(self, actor: CapturedActor, count: int) -> I64:
        """Frames that are compared, of `count` with sound."""
        return np.arange(self.learnt(actor), int(min(self.until * actor.rate, actor.n_frames, count)))

    def measures(self, actor: CapturedActor, frames: I64) -> list[Measure]:
        """All that can be measured of them."""
        clip = ReferenceClip(actor.fit.landmarks, actor.rate, len(frames), actor.sound)
        return measures(clip, self.weights, self.landmarker)[0]

    def paced(self, how: How, stage: int = 0) -> How:
        """How the networks of a stage learn, in as many epochs as are asked for."""
        return replace(how, epochs=self.epochs[min(stage, len(self.epochs) - 1)]) if self.epochs else how


def audiodvp(trial: Trial) -> dict[str, Row]:
    """AudioDVP's rows: one training, its pictures and the drawing that they are made from."""
    settings = audiodvp_settings.read_settings(trial.settings)
    settings = replace(settings, renderer=trial.paced(settings.renderer))
    performer = open_performer(trial.actor)
    assert performer.sound is not None
    models = inference.load()
    kind = settings.features
    features = audiodvp_render.heard(performer.sound, performer.rate, kind, performer.model, models)
    trained = audiodvp_training.train(
        performer,
        features,
        performer.origin,
        settings,
        trial.out / "audiodvp",
        trial.learnt(performer.actor),
        device=trial.device,
        learnable=performer.actor.learnable,
    )
    said = audiodvp_render.from_sound(performer.sound, performer.rate, trained, performer.model, models)
    frames = trial.compared(performer.actor, len(said))
    found = audiodvp_evaluation.evaluate(performer, trained, said, performer.aperture, frames)
    return {"full": {"ssim": found.ours.ssim}, "without neural rendering": {"ssim": found.bare.ssim}}


def read(trial: Trial) -> dict[str, Row]:
    """READ Avatars' rows, with the paper's network for parameters, whose discriminator is left out in one of them."""
    base = read_avatars_settings(trial.settings)
    base = replace(
        base,
        texture="audio",
        parameters=replace(base.parameters, way="network"),
        renderer=trial.paced(base.renderer),
    )
    spoken = hear(ActorClip(trial.actor), base, inference.load())
    actor = spoken.surface.actor
    frames = trial.compared(actor, spoken.count)
    rows: dict[str, Row] = {}
    for name, key in zip(PAPER["read"], ("full", "no_gan", "static"), strict=True):
        lesson = spoken.lesson(trial.learnt(actor))
        trained = train_read_avatars([lesson], variants(base)[key], trial.out / f"read-{key}", device=trial.device)
        found = spoken.evaluated(trained, frames, trial.measures(actor, frames))
        moods = {"arousal": found.affect.arousal, "valence": found.affect.valence}
        rows[name] = moods | {"inside the lips": found.given.mouth} | found.measures
    return rows


def landmark(trial: Trial) -> dict[str, Row]:
    """The landmark system's rows, by captured landmarks, which is what its pictures are made from."""
    settings = landmark_settings(trial.settings).pictures
    settings = replace(
        settings,
        local_training=trial.paced(settings.local_training),
        global_training=trial.paced(settings.global_training, 1),
    )
    captured = open_captured(trial.actor)
    learnt = trial.learnt(captured.actor)
    frames = trial.compared(captured.actor, len(captured.seen))
    rows: dict[str, Row] = {}
    for name, row in landmark_rows(settings).items():
        folder = trial.out / f"landmark-{name.replace(' ', '-')}"
        translator = learn_pictures([(captured.filmed, learnt)], row, 0, folder, judges(), device=trial.device)
        found = landmark_evaluation.evaluate(
            captured.subject(learnt),
            translator,
            row,
            captured.filmed,
            captured.seen,
            frames,
            lambda: (trial.measures(captured.actor, frames), []),
        )
        rows[name] = found.given_measures | {"around the mouth": found.given.mouth, "flicker": found.given.flicker}
    return rows


def landmark_rows(settings: PictureSettings) -> dict[str, PictureSettings]:
    """The settings of each row of the landmark system's table."""
    without = (
        settings,
        replace(settings, local=False),
        replace(settings, weights=replace(settings.weights, identity=0.0)),
        replace(settings, sequence=replace(settings.sequence, layers=0)),
    )
    return dict(zip(PAPER["landmark"], without, strict=True))


SYSTEMS: Final[Mapping[str, Callable[[Trial], dict[str, Row]]]] = {
    "audiodvp": audiodvp,
    "read": read,
    "landmark": landmark,
}


def told(rows: Mapping[str, Row], paper: Mapping[str, Row]) -> list[str]:
    """The table, and below it which way each row goes here and in the paper."""
    wide = max(map(len, rows)) + 2
    names = {number: stand_in(number, rows["full"]) for number in paper["full"]}
    lines = []
    for name, row in rows.items():
        lines.append(f"{name:{wide}s}" + "  ".join(f"{key} {value:.4g}" for key, value in row.items()))
        lines.append(f"{'  the paper':{wide}s}" + "  ".join(f"{key} {value:g}" for key, value in paper[name].items()))
    lines.append("")
    for name in list(rows)[1:]:
        for number, key in names.items():
            if key is None:
                lines.append(f"{name}: {number} was not measured")
                continue
            falls = number not in RISING
            here = way(rows["full"][key], rows[name][key], falls)
            there = way(paper["full"][number], paper[name][number], falls)
            agrees = "as in the paper" if here == there else f"in the paper {there}"
            lines.append(f"{name}: {number}{'' if key == number.lower() else f' (by {key})'} {here}, {agrees}")
    return lines


def stand_in(number: str, row: Row) -> str | None:
    """What was measured for a number of the paper's; None: nothing."""
    return next((key for key in STAND_INS[number] if key in row and np.isfinite(row[key])), None)


def way(full: float, without: float, falls: bool) -> str:
    """Whether a number is better or worse without something than with all; falls: less of it is better."""
    change = (without - full) / max(abs(full), 1e-9)
    if abs(change) < LEVEL:
        return "level"
    return "better" if (change < 0.0) is falls else "worse"


def main() -> None:
    """Trains, measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("system", choices=list(SYSTEMS))
    parser.add_argument("actor", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--until", type=float, default=np.inf)
    parser.add_argument("--settings", default="minutes")
    parser.add_argument("--epochs", type=int, nargs="+", default=(), help="of the renderer, or of both stages")
    parser.add_argument("--device", default="cpu", help="where networks learn and perform")
    parser.add_argument("--landmarker", type=Path)
    parser.add_argument("--weights", type=Path)
    arguments = parser.parse_args()
    trial = Trial(
        arguments.actor,
        arguments.out,
        arguments.seconds,
        arguments.until,
        arguments.settings,
        arguments.epochs,
        devices.device(arguments.device),
        arguments.landmarker,
        arguments.weights,
    )
    read_actor(trial.actor)  # refused in words before anything is trained
    arguments.out.mkdir(parents=True, exist_ok=True)
    print("\n".join(told(SYSTEMS[arguments.system](trial), PAPER[arguments.system])))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
