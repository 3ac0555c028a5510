"""READ Avatars on an actor with moods whose truth is known: Table 3's ablations, intensity, jitter and costs.

    python tests/bench/bench_read.py SOUNDS OUT [--epochs 8] [--side 128] [--device cpu]

SOUNDS is a folder with four recordings or more, of some four seconds each: the first by name are spoken in turn by a
made-up actor in four moods at three intensities and once in none (`moody_films`). The first 70 % of each clip are
learnt from and the rest is compared. It is filmed with as many pixels as the networks see, so that nothing but what
they learn keeps the inside of a mouth from being right. OUT keeps films and trainings, so that a run that was stopped
goes on. Prints a row for each training: full, without its discriminators, without sound in its texture, and with
W_R = 1. OUT/mouths.png shows mouths of the film, without sound and with it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from moody_films import CLIPS, MOODS, film
from torch.utils.flop_counter import FlopCounterMode

from facetake import emotion, inference
from facetake.arrays import I64
from facetake.inference import Models
from facetake.portrait.capture.clip_list import ActorClip
from facetake.portrait.capture.posed_face import open_face
from facetake.portrait.metrics import affect, frechet
from facetake.portrait.metrics.clip import Measure
from facetake.portrait.read_avatars import audio_features, evaluation, render
from facetake.portrait.read_avatars.audio_to_parameters import over_time, predict
from facetake.portrait.read_avatars.checkpoint import TrainedReadAvatars
from facetake.portrait.read_avatars.dataset import Maps, seen
from facetake.portrait.read_avatars.render import perform
from facetake.portrait.read_avatars.renderer import Renderer
from facetake.portrait.read_avatars.settings import ReadAvatarsSettings, read_settings
from facetake.portrait.read_avatars.surface import ActorSurface, open_surface
from facetake.portrait.read_avatars.training import TrainingClip, train
from facetake.portrait.storage import write_png
from facetake.portrait.training import devices
from facetake.portrait.video.compositing import Region

LEARNT = 0.7
N_SOUNDS = 4
COST_PX = 256  # of the film whose rendering is timed
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Spoken:
    """A clip of the actor with what is heard in it."""

    clip: ActorClip
    surface: ActorSurface
    features: np.ndarray
    phonemes: np.ndarray

    @property
    def count(self) -> int:
        """Frames with sound."""
        return min(self.surface.n_frames, len(self.features))

    @property
    def learnt(self) -> int:
        """Frames that are learnt from."""
        return int(LEARNT * self.count)

    def lesson(self, n_frames: int) -> TrainingClip:
        """Its first frames to learn from."""
        clip = self.clip
        return TrainingClip(
            self.surface, clip.emotion, clip.intensity, clip.label, self.features, self.phonemes, n_frames
        )

    def evaluated(
        self, trained: TrainedReadAvatars, frames: I64, measures: Sequence[Measure] = ()
    ) -> evaluation.ReadAvatarsEvaluation:
        """What networks make of its frames (n,)."""
        label = np.tile(self.clip.label, (self.count, 1))
        expression = predict(trained.predictor, self.features[: self.count], label)
        line = render.DrivenExpression(expression, self.phonemes[: 2 * self.count])
        return evaluation.evaluate(self.surface, trained, line, frames, measures=measures)


def main() -> None:
    """Films, trains, compares and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sounds", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--device", default="cpu", help="where renderers learn; all is measured on the CPU")
    arguments = parser.parse_args()
    sounds = sorted(path for path in arguments.sounds.iterdir() if path.is_file())[:N_SOUNDS]
    models = inference.load()
    face = open_face()
    clips = film(sounds, arguments.out / "actor", face, models, arguments.side)
    base = read_settings("quick")
    heard = replace(base.parameters, way="network")  # the paper's, of which Table 3 has ablations
    taught = replace(base.renderer, epochs=arguments.epochs)
    base = replace(base, texture="audio", side=arguments.side, parameters=heard, renderer=taught)
    spoken = [hear(clip, base, models) for clip in clips]
    device = devices.device(arguments.device)
    _table(spoken, base, arguments.out, device)
    full = _trained(spoken, base, arguments.out / "full", device)
    _show(spoken, full, _trained(spoken, variants(base)["static"], arguments.out / "static", device), arguments.out)
    _intensity(spoken[0], full)
    _change(spoken[0], full)
    large = film(sounds, arguments.out / "large", face, models, COST_PX, CLIPS[:1])
    _costs(hear(large[0], base, models), full)


def hear(clip: ActorClip, settings: ReadAvatarsSettings, models: Models) -> Spoken:
    """A clip, its surface and its sound, of which it has one."""
    surface = open_surface(clip.path, settings.part)
    assert surface.sound is not None
    cepstra = audio_features.cepstra(surface.sound, surface.rate)
    return Spoken(clip, surface, cepstra, audio_features.phonemes(surface.sound, surface.rate, models.ear))


def variants(base: ReadAvatarsSettings) -> dict[str, ReadAvatarsSettings]:
    """The settings of each row of Table 3, and with W_R = 1."""
    without = replace(base, parameters=replace(base.parameters, gan=0.0), renderer=replace(base.renderer, gan=0.0))
    return {"full": base, "no_gan": without, "static": replace(base, texture="static"), "wr1": replace(base, radius=0)}


def _trained(
    spoken: list[Spoken], settings: ReadAvatarsSettings, folder: Path, device: torch.device
) -> TrainedReadAvatars:
    return train([s.lesson(s.learnt) for s in spoken], settings, folder, device=device)


def _table(spoken: list[Spoken], base: ReadAvatarsSettings, out: Path, device: torch.device) -> None:
    """Table 3: a row for each training, on the frames of all clips that were not learnt from."""
    print("training   Frechet*   lips r  A-EMD  V-EMD | mouth  face   SSIM | captured: mouth  face  jitter  (video)")
    for name, settings in variants(base).items():
        began = time.perf_counter()
        trained = _trained(spoken, settings, out / name, device)
        rows = []
        far = frechet.Frechet("frechet", frechet.handmade_features)
        for s in spoken:
            found = s.evaluated(trained, np.arange(s.learnt, s.count), [far])
            rows.append(
                [
                    found.aperture.correlation,
                    found.affect.arousal,
                    found.affect.valence,
                    found.ours.mouth,
                    found.ours.difference,
                    found.ours.ssim,
                    found.given.mouth,
                    found.given.difference,
                    found.given.jitter,
                    found.real_jitter,
                ]
            )
        r, a, v, mouth, away, alike, given_mouth, given, jitter, real = np.nanmean(rows, axis=0)
        print(
            f"{name:9s} {far.compute()['frechet']:9.4f}  {r:7.3f}  {a:.3f}  {v:.3f} | {mouth:5.2f} {away:5.2f} "
            f"{alike:6.4f} | {given_mouth:14.2f} {given:5.2f} {jitter:7.3f} {real:8.3f}   "
            f"({time.perf_counter() - began:.0f} s)",
            flush=True,
        )
    print("* of edges and waves by hand, which is not FID; moods by our predictor from expression\n")


def _show(spoken: list[Spoken], full: TrainedReadAvatars, static: TrainedReadAvatars, out: Path) -> None:
    """Writes a picture: of each clip the mouth that sound changes most, as filmed, without sound and with it."""
    columns = []
    for s in spoken:
        frames = np.arange(s.learnt, s.count)
        rows = s.surface.expression[frames], s.phonemes[2 * s.learnt : 2 * s.count]
        film = s.surface.frames(s.learnt, s.count)
        without, heard = (np.stack(list(perform(s.surface, each, *rows, frames))) for each in (static, full))
        mouths = np.stack([s.surface.mouth(int(t)) for t in frames])
        if not mouths.any():
            continue
        most = int((np.abs(heard.astype(np.float32) - without).mean(axis=3) * mouths).sum(axis=(1, 2)).argmax())
        y, x = (int(places.mean()) for places in np.nonzero(mouths[most]))
        high = film.shape[1] // 12
        wide = film.shape[2] // 6
        around = np.s_[y - high : y + high, x - wide : x + wide]
        columns.append(np.concatenate([each[most][around] for each in (film, without, heard)]))
    write_png(out / "mouths.png", np.concatenate(columns, axis=1).repeat(4, axis=0).repeat(4, axis=1))


def _moods(s: Spoken, trained: TrainedReadAvatars, label: np.ndarray) -> np.ndarray:
    expression = predict(trained.predictor, s.features, label)
    with torch.no_grad():
        arkit = s.surface.model.to_arkit(torch.from_numpy(expression)).numpy()
    return affect.of_expression(arkit)


def _intensity(s: Spoken, trained: TrainedReadAvatars) -> None:
    """Mean valence and arousal of one line at rising intensities."""
    print("intensity " + "  ".join(f"{step:5.2f}" for step in STEPS))
    for mood in MOODS:
        means = []
        for step in STEPS:
            label = over_time(emotion.parse(f"{mood}:{step}"), np.zeros(len(s.features)))
            means.append(_moods(s, trained, label).mean(axis=0))
        for k, name in enumerate(("valence", "arousal")):
            values = [float(mean[k]) for mean in means]
            steps = np.diff(values)
            way = "monotone" if (steps > 0).all() or (steps < 0).all() else "NOT monotone"
            print(f"{mood:9s} " + "  ".join(f"{value:5.2f}" for value in values) + f"  {name}, {way}")
    print()


def _change(s: Spoken, trained: TrainedReadAvatars) -> None:
    """The largest change between two frames of a line that turns from neutral to a mood, beside lines that do not."""
    count = len(s.features)
    half = 0.5 * len(s.features) / float(s.surface.rate)
    times = np.arange(count) / float(s.surface.rate)
    frames = np.arange(count)

    def steps(label: np.ndarray) -> tuple[float, float]:
        expression = predict(trained.predictor, s.features, label)
        pictures = np.stack(list(perform(s.surface, trained, expression, s.phonemes[: 2 * count], frames)))
        seen_steps = np.abs(np.diff(pictures.astype(np.float32), axis=0)).mean(axis=(1, 2, 3))
        return float(np.abs(np.diff(expression, axis=0)).max()), float(seen_steps.max())

    for mood in MOODS:
        cues = emotion.EmotionTrack(
            np.array([half - 0.25, half + 0.25]),
            np.stack([emotion.weights("neutral", "bench"), emotion.weights(mood, "bench")]),
        )
        turning = steps(over_time(cues, times))
        constant = np.max([steps(over_time(emotion.parse(name), times)) for name in ("neutral", mood)], axis=0)
        print(
            f"neutral to {mood} in half a second: largest step of a coefficient {turning[0]:.3f}, of the picture "
            f"{turning[1]:.2f}; of constant lines {constant[0]:.3f} and {constant[1]:.2f}"
        )
    print()


def _costs(s: Spoken, trained: TrainedReadAvatars) -> None:
    """Milliseconds a frame of each stage, as trained and at 256 pixels, and how fast this machine can be."""
    peak = _matmul_gflops()
    print(f"{torch.get_num_threads()} threads; a product of matrices makes {peak:.0f} GFLOP/s here")
    for pixels in (trained.about.region.pixels, COST_PX):
        settings = replace(trained.about.settings, side=pixels)
        about = replace(trained.about, region=Region(0, 0, COST_PX, pixels), settings=settings)
        renderer = Renderer(about.n_phonemes, settings).eval()  # what it has learnt costs nothing
        _cost(s, TrainedReadAvatars(about, trained.predictor, renderer), peak)


def _cost(s: Spoken, trained: TrainedReadAvatars, peak: float) -> None:
    surface = s.surface
    about = trained.about
    renderer = trained.renderer
    maps = [surface.maps(surface.expression[t], t, about.region) for t in range(8)]
    uv, alpha, lips = (np.stack(each) for each in zip(*maps, strict=True))
    real = np.stack([about.region.cut(surface.frames(0, 1)[0])] * 8)
    clip = Maps(uv, alpha, real, lips, s.phonemes[:16])
    given = seen(clip, np.array([4]), about.settings)
    with torch.inference_mode():
        condition = renderer(given)[1]
        spent = {
            "maps": median_ms(lambda t: surface.maps(surface.expression[t % 8], t % 8, about.region)),
            "texture": median_ms(lambda _: renderer.textured(given)),
            "U-Net": median_ms(lambda _: renderer.unet(condition)),
        }
        work = {"texture": _gflop(lambda: renderer.textured(given)), "U-Net": _gflop(lambda: renderer.unet(condition))}
    frames = np.arange(min(25, s.count))
    row = surface.expression[frames]
    heard = s.phonemes[: 2 * len(frames)]
    whole = median_ms(lambda _: list(perform(surface, trained, row, heard, frames)), 3) / len(frames)
    print(f"\n{int(given.alpha.sum())} pixels of the face in a region of {about.region.pixels}")
    for stage, ms in spent.items():
        print(f"{stage:8s} {ms:7.1f} ms a frame", end="\n" if stage not in work else "")
        if stage in work:
            rate = 1000.0 * work[stage] / ms
            print(f"  {work[stage]:.2f} GFLOP, {rate:.0f} a second, {100.0 * rate / peak:.0f} % of the product's")
    print(f"{'rest':8s} {whole - sum(spent.values()):7.1f} ms a frame (the video's own maps, reading, blending)")
    print(f"{'together':8s} {whole:7.1f} ms a frame, {1000.0 / whole:.1f} frames a second")


def _matmul_gflops(side: int = 1024) -> float:
    """What a product of two large matrices comes to, in thousand million operations a second."""
    one = torch.rand(side, side)
    return 2.0 * side**3 / (1e6 * median_ms(lambda _: one @ one))


def _gflop(task: Callable[[], object]) -> float:
    """Thousand million operations of a task."""
    with FlopCounterMode(display=False) as counter:
        task()
    return float(counter.get_total_flops()) / 1e9


def median_ms(task: Callable[[int], object], repeats: int = 15) -> float:
    """Median milliseconds of a task, after one to warm up."""
    task(0)
    spent = []
    for number in range(repeats):
        began = time.perf_counter()
        task(number)
        spent.append(1000.0 * (time.perf_counter() - began))
    return float(np.median(spent))


if __name__ == "__main__":
    main()
