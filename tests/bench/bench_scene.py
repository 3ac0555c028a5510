"""Whether a scene's mouths move to their own voices alone, and how its listeners listen.

    python tests/bench/bench_scene.py VOICE VOICE ... [--seeds N]

Two speakers take turns with the recordings given, every other one each, with 0.4 s between; with --overlap each begins
0.3 s before the other has ended. Prints, for no leak and for microphones that hear the other 6, 10, 14 and 20 dB
fainter, as it is and through a room: share of speech that is found, and of the other's that is taken for it, against
what is found without leaks. Then, of the scene without leaks over N seeds: share of the time lips are sealed while one
listens; looks at the other while listening and while speaking, as shares of the time; nods a minute of listening;
share of the other's phrases that a blink follows within 0.6 s, beside that of any instant.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf
from scipy.signal import fftconvolve

from facetake import audio, inference, mouth
from facetake.arrays import F32, F64, Mask
from facetake.generate import GenerateOptions
from facetake.localise.retiming import find_blinks
from facetake.scene import Scene, SceneOptions, Voice, perform

RATE_HZ = 16_000
GAP_S = 0.4
OVERLAP_S = 0.3
LEVEL = 0.06  # root mean square of every recording, so that both speak alike
DELAYS = (40, 52)  # samples by which sound reaches the other's microphone: a metre
LEAKS_DB = (None, -6, -10, -14, -20)
ROOM_S = 0.4  # reverberation of a furnished room
STEP_S = 0.05
AFTER_S = 0.6  # after a phrase


def tracks(voices: list[Path], gap_s: float) -> F32:
    """(S, 2) recordings in turns."""
    sounds = [audio.read(path) for path in voices]
    starts = [0.5]
    for sound in sounds:
        starts.append(starts[-1] + len(sound) / RATE_HZ + gap_s)
    made = np.random.default_rng(0).normal(0.0, 1e-4, (round((starts[-1] + 1.0) * RATE_HZ), 2)).astype(np.float32)
    for n, (sound, start_s) in enumerate(zip(sounds, starts, strict=False)):
        first = round(start_s * RATE_HZ)
        made[first : first + len(sound), n % 2] += sound * LEVEL / np.sqrt(np.square(sound).mean())
    return made


def room() -> F32:
    """What a room makes of a click: the click, and an echo as strong that is gone after 0.4 s."""
    echo = np.random.default_rng(1).normal(0.0, 1.0, round(ROOM_S * RATE_HZ)) * np.exp(
        -6.9 * np.arange(round(ROOM_S * RATE_HZ)) / (ROOM_S * RATE_HZ)
    )
    echo /= np.sqrt(np.square(echo).sum())
    echo[0] += 1.0
    return np.asarray(echo / np.sqrt(2.0), np.float32)


def scene(made: F32, leak_db: int | None, seed: int, models: inference.Models, *, in_room: bool = False) -> Scene:
    """The scene of two tracks that leak."""
    share = 0.0 if leak_db is None else 10 ** (leak_db / 20)
    with tempfile.TemporaryDirectory() as name:
        voices = []
        for n in range(2):
            other = fftconvolve(made[:, 1 - n], room())[: len(made)] if in_room else made[:, 1 - n]
            heard = made[:, n] + share * np.roll(other, DELAYS[n])
            path = Path(name) / f"voice{n}.wav"
            sf.write(path, heard, RATE_HZ, subtype="FLOAT")
            voices.append(Voice(path.stem, path))
        return perform(voices, SceneOptions(GenerateOptions(seed=seed)), models)


def speaks(of: Scene, who: int, times_s: F64) -> Mask:
    """(T,) whether somebody speaks."""
    found = np.zeros(len(times_s), bool)
    for phrase in of.talk.phrases(who):
        found |= (times_s >= phrase.start_s) & (times_s < phrase.end_s)
    return found


def followed(blinks: F64, instants: F64) -> float:
    """Share of instants after which a blink starts soon."""
    near = (blinks[None] >= instants[:, None]) & (blinks[None] <= instants[:, None] + AFTER_S)
    return float(near.any(axis=1).mean()) if near.size else 0.0


def listeners(made: Scene) -> list[float]:
    """Sealed, looks while listening and speaking, nods a minute, blinks after phrases and by chance."""
    found = []
    for who, take in enumerate(made.takes):
        times_s = take.times_s
        own, other = speaks(made, who, times_s), speaks(made, 1 - who, times_s)
        listens = other & ~own
        quiet = listens & ~speaks(made, who, times_s - 0.4) & ~speaks(made, who, times_s + 0.4)
        track = made.looks[who]
        on = np.array([look == "target" for look in track.looks])
        on = on[np.maximum(np.searchsorted(track.times_s, times_s, side="right") - 1, 0)]
        ends = np.array([phrase.end_s for phrase in made.talk.phrases(1 - who)])
        ends = ends[~speaks(made, who, ends + AFTER_S)]
        blinks = np.array([start for start, _ in find_blinks(take)])
        anywhere = times_s[listens]
        pitch = take.head[:, 1] if take.head is not None else np.zeros(len(times_s))
        falls = np.flatnonzero((np.diff(np.convolve(pitch, np.ones(5) / 5, "same")) * 60 < -10.0) & listens[1:])
        nods = 1 + int((np.diff(falls) > 60).sum()) if len(falls) else 0
        found.append(
            [
                mouth.is_sealed(take.values[quiet]).mean(),
                on[listens].mean(),
                on[own].mean(),
                nods / max(listens.sum() / 3600, 1e-9),
                *(followed(blinks, instants) for instants in (ends, anywhere)),
            ]
        )
    return [float(one) for one in np.mean(found, axis=0)]


def main() -> int:
    """Measures one scene."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("voices", nargs="+", type=Path)
    parser.add_argument("--overlap", action="store_true")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    models = inference.load()
    made = tracks(arguments.voices, -OVERLAP_S if arguments.overlap else GAP_S)
    times_s: F64 = np.arange(0.0, len(made) / RATE_HZ, STEP_S)
    clean = scene(made, None, 0, models)
    truth = [speaks(clean, who, times_s) for who in range(2)]
    print(f"{len(made) / RATE_HZ:.1f} s, {sum(map(len, map(clean.talk.phrases, range(2))))} phrases")
    print("leak".rjust(8), "own found".rjust(10), "other's taken".rjust(14))
    for leak_db, in_room in ((level, room) for room in (False, True) for level in LEAKS_DB):
        leaky = scene(made, leak_db, 0, models, in_room=in_room)
        found = [speaks(leaky, who, times_s) for who in range(2)]
        own = np.mean([found[who][truth[who]].mean() for who in range(2)])
        taken = np.mean([found[who][truth[1 - who] & ~truth[who]].mean() for who in range(2)])
        print(f"{leak_db} {'room' if in_room else ''}".rjust(8), f"{own:10.3f} {taken:14.3f}")
    shares = np.mean([listeners(scene(made, None, seed, models)) for seed in range(arguments.seeds)], axis=0)
    names = ("sealed", "on, listening", "on, speaking", "nods a minute", "blinks after", "by chance")
    print("; ".join(f"{name} {share:.3f}" for name, share in zip(names, shares, strict=True)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
