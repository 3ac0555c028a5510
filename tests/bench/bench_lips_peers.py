"""What a user would pick instead, on the same tracked lips: agreement with real faces and seconds, in one run.

    python tests/bench/bench_lips_peers.py --truth lips.npz --audio DIR [--peers DIR] [--text TSV] [--model DIR]

Prints, for ours and for each peer: correlation of the opening and of rounding, F1 of closed frames, median of the lag's
absolute value, seconds for all clips and their ratio to ours. Peers are no dependency: they are put by hand into a
folder, and one that is not there is named with what it needs.

    pip install --target DIR openfacefx pylipsync
    npm install --prefix DIR @met4citizen/headaudio wlipsync

wLipSync carries no profile: put one (its repository's example/profile.json) into DIR as wlipsync_profile.json. Node 20
runs the last two as published, in a stand-in for Web Audio. Every peer is seen through one rig: its visemes become
ARKit shapes by OpenFaceFX's own table, and those the controls that our takes are scored by. One thread each; the best
of three runs, loading apart, but the time of an alignment is of one run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

from facetake import audio, inference, mouth, rig
from facetake.arrays import F64
from facetake.errors import ConfigError
from facetake.generate import GenerateOptions, generate
from facetake_training import lips
from facetake_training.align.engine import PhoneListener, WordListener, model_folder
from facetake_training.align.line import Labeller
from facetake_training.performers.prosody import frame_loudness

FPS = 60
WEB_RATE_HZ = 48_000
REPEATS = 3
SHIM = Path(__file__).with_name("web_audio_peers.mjs")
PYLIPSYNC = {"aa": "aa", "ee": "E", "ih": "I", "oh": "O", "ou": "U"}
WLIPSYNC = {"A": "aa", "E": "E", "I": "I", "O": "O", "U": "U", "S": "SS"}


class AbsentError(Exception):
    """A peer cannot be run here; the text says what it needs."""


class Shown(NamedTuple):
    """What one way of making lips shows of a clip: opening and rounding (T,), their instants, the seconds it took."""

    opening: F64
    rounding: F64
    times_s: F64
    spent_s: float


@dataclass(frozen=True)
class Clip:
    """A clip to be shown: its sound as a file and as (S,) at 16 kHz, as a 16-bit WAV, and the words said."""

    sound: Path
    samples: NDArray[np.float32]
    wav: Path
    text: str


Way = Callable[[Clip], Shown]


class Peer(NamedTuple):
    """A row of the table: its name, package on its index, licence, and what makes its lips, from the peers' folder."""

    name: str
    package: str
    licence: str
    open: Callable[[Path], Way]


def timed(run: Callable[[], tuple[F64, F64, F64]]) -> Shown:
    """What a run shows, and the seconds of the best of three."""
    spent = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        shown = run()
        spent.append(time.perf_counter() - began)
    return Shown(*shown, min(spent))


def on_the_rig(values: NDArray[np.float32], times_s: F64) -> tuple[F64, F64, F64]:
    """Opening, rounding and instants of curves (T, 174)."""
    return mouth.aperture(values).astype(float), mouth.pucker(values).astype(float), times_s


def visemes_on_the_rig(weights: Mapping[str, F64], times_s: F64) -> tuple[F64, F64, F64]:
    """The same of weights (T,) of Oculus's visemes, by OpenFaceFX's shapes for each."""
    looks = openfacefx("retarget").PRESETS["arkit"]
    shapes = np.zeros((len(times_s), len(rig.ARKIT_NAMES)))
    for name, track in weights.items():
        for shape, scale in looks.get(name, ()):
            shapes[:, rig.ARKIT_NAMES.index(shape)] += scale * track
    return on_the_rig(rig.from_arkit(shapes), times_s)


def openfacefx(module: str) -> ModuleType:
    """A module of OpenFaceFX; AbsentError where it is not installed."""
    return imported(f"openfacefx.{module}", "openfacefx")


def imported(module: str, package: str) -> ModuleType:
    """A module of a Python peer."""
    try:
        return import_module(module)
    except ImportError as error:
        raise AbsentError(f"pip install --target DIR {package} ({error})") from error


def facefx_track(make: Callable[[], object], n_samples: int) -> tuple[F64, F64, F64]:
    """What an OpenFaceFX track of sparse keys shows."""
    times_s = np.arange(round(n_samples * FPS / audio.SAMPLE_RATE_HZ)) / FPS
    channels = {c.name: c.keys for c in make().channels}  # type: ignore[attr-defined]  # its FaceTrack
    keyed = {n: ([k.time for k in keys], [k.value for k in keys]) for n, keys in channels.items()}
    return visemes_on_the_rig({name: np.interp(times_s, *keys) for name, keys in keyed.items()}, times_s)


def facefx_naive(_peers: Path) -> Way:
    """Text spread over the sound's length by OpenFaceFX itself, with the dictionary that it asks to be given."""
    pipeline = openfacefx("pipeline")
    words = openfacefx("g2p").G2P()
    words.load_cmudict(str(model_folder().parent / "en-us" / "cmudict-en-us.dict"))

    def way(clip: Clip) -> Shown:
        n = len(clip.samples)
        length_s = len(clip.samples) / audio.SAMPLE_RATE_HZ
        return timed(lambda: facefx_track(lambda: pipeline.generate_naive(clip.text, length_s, FPS, g2p=words), n))

    return way


def facefx_aligned(_peers: Path) -> Way:
    """Phones found in the sound by our aligner; heard without the text where they do not fit it."""
    pipeline = openfacefx("pipeline")
    alignment = openfacefx("alignment")
    labeller = Labeller("en")
    listener = PhoneListener()

    def phones(clip: Clip) -> list[tuple[str, float, float]]:
        line = labeller.label(clip.samples, clip.text)
        if isinstance(line, str):
            return [(s.phone, s.start_s, s.end_s) for s in listener.listen(clip.samples) or []]
        return [(name, start, end) for name, start, end, _ in line.phones]

    def way(clip: Clip) -> Shown:
        began = time.perf_counter()
        said = [alignment.PhonemeSegment("sil" if p == "SIL" else p, start, end) for p, start, end in phones(clip)]
        aligned_s = time.perf_counter() - began
        make = timed(lambda: facefx_track(lambda: pipeline.generate_from_alignment(said, FPS), len(clip.samples)))
        return make._replace(spent_s=make.spent_s + aligned_s)

    return way


def facefx_energy(_peers: Path) -> Way:
    """OpenFaceFX's mode for speech without a transcript."""
    energy = openfacefx("energy")
    return lambda clip: timed(
        lambda: facefx_track(lambda: energy.generate_from_energy(str(clip.wav), FPS), len(clip.samples))
    )


def pylipsync(_peers: Path) -> Way:
    """The method of uLipSync in Python, with the sounds it carries."""
    analyzer = imported("pylipsync", "pylipsync").PhonemeAnalyzer()

    def show(clip: Clip) -> tuple[F64, F64, F64]:
        found = analyzer.extract_phoneme_segments(clip.samples, audio.SAMPLE_RATE_HZ, fps=FPS, return_seconds=True)
        rows = [{p.name: p.target for p in segment.phonemes} for segment in found]
        weights = {viseme: np.array([row[name] for row in rows]) for name, viseme in PYLIPSYNC.items()}
        return visemes_on_the_rig(weights, np.array([0.5 * (s.start + s.end) for s in found]))

    return lambda clip: timed(lambda: show(clip))


def headaudio(peers: Path) -> Way:
    """HeadAudio's node, its published model and its own easing."""
    return web_audio(peers, "headaudio", "@met4citizen/headaudio", lambda name: name.removeprefix("viseme_"))


def wlipsync(peers: Path) -> Way:
    """The node of wLipSync, with a profile of the user's."""
    profile = peers / "wlipsync_profile.json"
    if not profile.is_file():
        raise AbsentError("a profile, DIR/wlipsync_profile.json: the package carries none")
    return web_audio(peers, "wlipsync", "wlipsync", lambda name: WLIPSYNC.get(name, name), profile)


def web_audio(peers: Path, key: str, package: str, viseme: Callable[[str], str], *more: Path) -> Way:
    """A node of Web Audio, in Node; `viseme` gives Oculus's name for one of its weights'."""
    openfacefx("retarget")  # for what visemes look like
    node = shutil.which("node")
    if node is None or not (peers / "node_modules" / package).is_dir():
        raise AbsentError(f"Node 20, and npm install --prefix DIR {package}")

    def way(clip: Clip) -> Shown:
        with tempfile.TemporaryDirectory() as folder:
            sound = Path(folder) / "sound.f32"
            out = Path(folder) / "out.json"
            soxr.resample(clip.samples, audio.SAMPLE_RATE_HZ, WEB_RATE_HZ).astype("<f4").tofile(sound)
            runs = []
            for _ in range(REPEATS):
                subprocess.run([node, SHIM, peers, key, sound, out, *more], check=True)
                runs.append(json.loads(out.read_text("utf-8")))
        frames = runs[0]["frames"]
        weights = {viseme(name): np.array([frame.get(name, 0.0) for frame in frames]) for name in frames[-1]}
        spent_s = min(run["seconds"] for run in runs)
        return Shown(*visemes_on_the_rig(weights, np.arange(len(frames)) / FPS), spent_s)

    return way


def loudness(_peers: Path) -> Way:
    """A mouth that opens, and rounds, as loudly as it is spoken."""

    def show(clip: Clip) -> tuple[F64, F64, F64]:
        times_s = np.arange(round(len(clip.samples) * FPS / audio.SAMPLE_RATE_HZ)) / FPS
        level = np.sqrt(frame_loudness(audio.read(clip.sound), len(times_s)))
        return level, level, times_s

    return lambda clip: timed(lambda: show(clip))


PEERS = (
    Peer("OpenFaceFX, text spread by itself", "openfacefx", "MIT", facefx_naive),
    Peer("OpenFaceFX, our alignment", "openfacefx", "MIT", facefx_aligned),
    Peer("OpenFaceFX, energy, no text", "openfacefx", "MIT", facefx_energy),
    Peer("HeadAudio", "@met4citizen/headaudio", "MIT", headaudio),
    Peer("wLipSync", "wlipsync", "MIT", wlipsync),
    Peer("pylipsync (uLipSync)", "pylipsync", "MIT", pylipsync),
    Peer("loudness alone", "", "", loudness),
)


def ours(model: Path | None) -> Way:
    """The whole of generation."""
    models = inference.load(model, 1)

    def show(clip: Clip) -> tuple[F64, F64, F64]:
        take = generate(clip.sound, GenerateOptions(), models).take
        return on_the_rig(take.values, take.times_s)

    return lambda clip: timed(lambda: show(clip))


def version(peer: Peer, peers: Path) -> str:
    """The version of a peer's package, as its folder says."""
    about = peers / "node_modules" / peer.package / "package.json"
    if peer.package and about.is_file():
        return str(json.loads(about.read_text("utf-8"))["version"])
    found = metadata.distributions(path=[str(peers)])
    return next((d.version for d in found if d.metadata["Name"] == peer.package), "")


def clip_of(config: lips.LipsConfig, name: str, text: str | None, folder: Path) -> Clip:
    """Reads a clip; its words are recognised where no text is given."""
    sound = lips.sound_path(config, name)
    wav = folder / f"{name}.wav"
    samples = audio.read(sound)
    sf.write(wav, samples, audio.SAMPLE_RATE_HZ, subtype="PCM_16")
    return Clip(sound, samples, wav, text or WordListener().listen(samples))


def texts_of(path: Path | None) -> dict[str, str]:
    """What is said in each clip, from lines CLIP<tab>text."""
    rows = path.read_text("utf-8").splitlines() if path else []
    return dict(row.split("\t", 1) for row in rows if "\t" in row)


def row(
    name: str, way: Way, clips: Mapping[str, Clip], config: lips.LipsConfig, ours_s: float | None
) -> tuple[str, float]:
    """Scores one way on every clip: its line of the table, and its seconds."""
    shown = {clip: way(about) for clip, about in clips.items()}
    scores = [lips.score_tracks(s.opening, s.rounding, s.times_s, config, clip) for clip, s in shown.items()]
    mean = lips.mean(scores)
    lag_ms = float(np.median([abs(score.lag_ms) for score in scores]))
    spent_s = sum(s.spent_s for s in shown.values())
    ratio = spent_s / (ours_s or spent_s)
    told = f"{mean.aperture:7.2f} {mean.pucker:8.2f} {mean.closure:10.2f} {lag_ms:11.0f} {spent_s:8.2f} {ratio:8.2f}"
    return f"{name:36s} {told}", spent_s


def compare(config: lips.LipsConfig, texts: Mapping[str, str], peers: Path, model: Path | None) -> None:
    """Prints the table."""
    sys.path.append(str(peers))  # last: what is installed here stays as it is
    print(f"{'':36s} opening rounding closure F1 |lag| ms    seconds  ratio  version, licence")
    with tempfile.TemporaryDirectory() as folder:
        clips = {name: clip_of(config, name, texts.get(name), Path(folder)) for name in lips.clips(config)}
        told, ours_s = row("facetake generate", ours(model), clips, config, None)
        print(told)
        for peer in PEERS:
            try:
                told, _ = row(peer.name, peer.open(peers), clips, config, ours_s)
                print(f"{told}  {version(peer, peers)} {peer.licence}".rstrip())
            except AbsentError as error:
                print(f"{peer.name:36s} absent; needs {error}")
    length_s = sum(len(clip.samples) for clip in clips.values()) / audio.SAMPLE_RATE_HZ
    recognised = sum(name not in texts for name in clips)
    print(f"{len(clips)} clips, {length_s:.1f} s; the words of {recognised} of them as recognised, not as said")


def main(arguments: Sequence[str] | None = None) -> int:
    """Compares; returns 2 where there is nothing to compare on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, required=True, metavar="NPZ", help="tracked lips")
    parser.add_argument("--audio", type=Path, required=True, metavar="DIR", help="the clips' sound")
    parser.add_argument("--only", action="append", default=[], metavar="CLIP", help="clips to take; default: all")
    parser.add_argument("--peers", type=Path, default=Path("peers"), metavar="DIR", help="where peers are installed")
    parser.add_argument("--text", type=Path, metavar="TSV", help="CLIP<tab>words; default: words are recognised")
    parser.add_argument("--model", type=Path, metavar="DIR", help="our model folder; default: the shipped one")
    a = parser.parse_args(arguments)
    try:
        compare(lips.LipsConfig(a.truth, a.audio, tuple(a.only)), texts_of(a.text), a.peers.resolve(), a.model)
    except (ConfigError, OSError) as error:
        print(f"bench_lips_peers: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
