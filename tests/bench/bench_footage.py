"""Makes footage as people have it out of a clip of one person speaking, captures each, and says what becomes of it.

    python tests/bench/bench_footage.py CLIP.mp4 OUT --landmarker face_landmarker.task [--other CLIP.mp4] [--only NAME]

Needs ffmpeg with zscale, and the extras landmarks and portrait. Prints a row for each: what it is, what was captured,
how long that took and memory at the most, and the sentences it got. Glasses, beard and hand are painted by the clip's
own landmarks; the rest is made by ffmpeg.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

FILMING = Path(__file__).parents[1] / "core" / "portrait" / "filming"
sys.path.insert(0, str(FILMING))
from films import turned  # noqa: E402

from facetake.arrays import F32, U8  # noqa: E402
from facetake.portrait.storage import read_json, write_pictures  # noqa: E402
from facetake.portrait.video.footage import open_footage  # noqa: E402

SHADE = 0.12
HLG = "zscale=tin=709:min=709:pin=709:t=arib-std-b67:m=2020_ncl:p=2020:npl=203,format=yuv420p10le"
PQ = HLG.replace("arib-std-b67", "smpte2084")
TAGS = ("-colorspace", "bt2020nc", "-color_primaries", "bt2020", "-color_trc")
X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "14", "-pix_fmt", "yuv420p")


def ffmpeg(*arguments: str | Path) -> None:
    """Runs ffmpeg."""
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *map(str, arguments)], check=True)


class Footage:
    """Makes the files from a clip, another person's clip and the landmarks (T, N, 2) of the first."""

    def __init__(self, clip: Path, other: Path | None, track: F32, out: Path) -> None:
        self.clip = clip
        self.other = other
        self.track = track
        self.out = out

    def filtered(self, path: Path, *arguments: str) -> None:
        """The clip through ffmpeg."""
        ffmpeg("-i", self.clip, *arguments, path)

    def painted(self, path: Path, brush: Callable[[U8, F32, int], U8]) -> None:
        """The clip with something painted on the face of every frame."""
        footage = open_footage(self.clip)
        silent = path.with_suffix(".mkv")
        pictures = (brush(p.copy(), self.track[t], t) for t, p in enumerate(footage.pictures()))
        write_pictures(silent, pictures, footage.rate)
        ffmpeg("-i", silent, "-i", self.clip, "-map", "0:v", "-map", "1:a", *X264, path)
        silent.unlink()

    def rotated(self, path: Path) -> None:
        """A telephone held upright: lying pictures, and a matrix that turns them."""
        self.filtered(path, "-vf", "transpose=cclock", *X264)
        turned(path, 90)

    def uneven(self, path: Path) -> None:
        """A third of the frames left out here and there, the times of the rest kept."""
        self.filtered(path, "-vf", "select='lt(mod(n*n,7),3)'", "-fps_mode", "vfr", *X264)

    def cut(self, path: Path) -> None:
        """Two shots of one person, the second closer."""
        graph = (
            "[0:v]trim=0:1.5,setpts=PTS-STARTPTS[a];[0:v]trim=1.7:3.2,setpts=PTS-STARTPTS,crop=iw*0.8:ih*0.8,scale=iw/0.8:-2"
            ",setsar=1[b];[0:a]atrim=0:1.5,asetpts=PTS-STARTPTS[c];[0:a]atrim=1.7:3.2,asetpts=PTS-STARTPTS[d];"
            "[a][c][b][d]concat=n=2:v=1:a=1[v][s]"
        )
        self.filtered(path, "-filter_complex", graph, "-map", "[v]", "-map", "[s]", *X264)

    def crowd(self, path: Path) -> None:
        """Two people side by side."""
        if self.other is None:
            raise SystemExit("two people need --other")
        graph = "[0:v]fps=25,scale=512:512[a];[1:v]fps=25,scale=512:512[b];[a][b]hstack[v]"
        ffmpeg(
            "-i",
            self.clip,
            "-i",
            self.other,
            "-filter_complex",
            graph,
            "-map",
            "[v]",
            "-map",
            "0:a",
            "-t",
            "4",
            *X264,
            path,
        )

    def long(self, path: Path) -> None:
        """Two minutes of 1080p, there and back so that nothing jumps."""
        back = path.with_name("there_and_back.mp4")
        self.filtered(
            back,
            "-filter_complex",
            "[0:v]split[a][b];[b]reverse[c];[a][c]concat=n=2[v]",
            "-map",
            "[v]",
            "-map",
            "0:a",
            *X264,
        )
        scale = "scale=1080:1080,pad=1920:1080:420:0"
        ffmpeg(
            "-stream_loop",
            "-1",
            "-i",
            back,
            "-stream_loop",
            "-1",
            "-i",
            self.clip,
            "-map",
            "0:v",
            "-map",
            "1:a",
            "-t",
            "120",
            "-vf",
            scale,
            *X264,
            path,
        )


def _blob(picture: U8, centre: F32, half: tuple[float, float], colour: F32) -> U8:
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    inside = ((x - centre[0]) / half[0]) ** 2 + ((y - centre[1]) / half[1]) ** 2 < 1.0
    shade = 1.0 + SHADE * np.sin((x + 0.3 * y) / (0.2 * half[0]))
    picture[inside] = np.clip(colour * shade[..., None], 0, 255)[inside].astype(np.uint8)
    return picture


def hand(picture: U8, points: F32, frame: int) -> U8:
    """A hand in the colour of the forehead over the mouth, from 1.6 to 2.2 s."""
    if not 40 <= frame < 55:
        return picture
    size = float(np.ptp(points, axis=0).max())
    x, y = points[10].astype(int)
    skin = np.median(picture[y + 4 : y + 14, x - 8 : x + 8].reshape(-1, 3), axis=0)
    return _blob(picture, points[[61, 291, 0, 17]].mean(axis=0), (0.33 * size, 0.2 * size), skin)


def gone(picture: U8, points: F32, frame: int) -> U8:
    """Nothing but grey from 2 to 3 s."""
    if 50 <= frame < 75:
        picture[:] = (picture.mean(axis=(0, 1)) + 20.0 * np.sin(frame)).clip(0, 255).astype(np.uint8)
    return picture


def glasses(picture: U8, points: F32, frame: int) -> U8:  # noqa: ARG001  worn throughout
    """Dark rings around the eyes and a bridge between."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    size = float(np.ptp(points, axis=0).max())
    for corners in ((33, 133), (362, 263)):
        cx, cy = points[list(corners)].mean(axis=0)
        away = np.hypot((x - cx) / 1.25, y - cy) / (0.13 * size)
        picture[np.abs(away - 1.0) < 0.14] = 20
    a, b = points[[133, 362]]
    picture[int(a[1]) - 3 : int(a[1]) + 2, int(a[0]) : int(b[0])] = 20
    return picture


def beard(picture: U8, points: F32, frame: int) -> U8:
    """Dark specks around the mouth and on the chin, that move with the face."""
    random = np.random.default_rng(frame // 1000)
    ring = points[[164, 57, 287, 18, 200, 199, 175, 152, 148, 377, 176, 400, 149, 378, 43, 273, 106, 335]]
    size = float(np.ptp(points, axis=0).max())
    for _ in range(1200):
        x, y = ring[random.integers(len(ring))] + random.normal(scale=0.03 * size, size=2)
        at = slice(int(y), int(y) + 2), slice(int(x), int(x) + 2)
        picture[at] = (0.4 * picture[at]).astype(np.uint8)
    return picture


def made(f: Footage) -> dict[str, Callable[[Path], None]]:
    """Every kind of footage by its name."""
    shake = "scale=iw*1.15:-2,crop=iw/1.15:ih/1.15:(iw-ow)/2*(1+0.8*sin(n/9)):(ih-oh)/2*(1+0.8*cos(n/7)),scale=512:512"
    gaps = "volume='if(between(mod(t,2),0.8,1.1),0,1)':eval=frame"
    return {
        "as it is": lambda p: f.filtered(p, "-c", "copy"),
        "held upright": f.rotated,
        "HLG, 10 bit": lambda p: f.filtered(p, "-vf", HLG, *X265, *TAGS, "arib-std-b67"),
        "PQ, 10 bit": lambda p: f.filtered(p, "-vf", PQ, *X265, *TAGS, "smpte2084"),
        "variable rate": f.uneven,
        "two shots": f.cut,
        "hand over the mouth": lambda p: f.painted(p, hand),
        "face gone for a second": lambda p: f.painted(p, gone),
        "glasses": lambda p: f.painted(p, glasses),
        "beard": lambda p: f.painted(p, beard),
        "moving background": lambda p: f.filtered(p, "-vf", shake, *X264),
        "sound from 1.4 s on": lambda p: ffmpeg(
            "-i", f.clip, "-itsoffset", "1.4", "-i", f.clip, "-map", "0:v", "-map", "1:a", "-c", "copy", "-t", "6", p
        ),
        "sound with gaps": lambda p: f.filtered(p, "-c:v", "copy", "-af", gaps),
        "no sound": lambda p: f.filtered(p, "-c", "copy", "-an"),
        "two faces": f.crowd,
        "no face": lambda p: f.filtered(p, "-vf", "crop=iw:ih/8:0:0,scale=512:512", *X264),
        "drawing": lambda p: f.filtered(p, "-vf", "edgedetect=low=0.1:high=0.3,negate", *X264),
        "one second": lambda p: f.filtered(p, "-t", "1", *X264),
        "two minutes of 1080p": f.long,
    }


def captured(video: Path, actor: Path, landmarker: Path | None) -> tuple[str, float, float]:
    """What a process of its own tells of a capture; seconds that it took and MB that it had at the most."""
    asked = [sys.executable, "-m", "facetake", "portrait", "capture", str(video), "-o", str(actor)]
    asked += ["--landmarker", str(landmarker)] if landmarker else []
    began = time.monotonic()
    with subprocess.Popen(asked, stderr=subprocess.PIPE, encoding="utf-8") as process:
        told = process.stderr.read() if process.stderr else ""
        _, _, used = os.wait4(process.pid, 0)
    noise = ("W0000", "I0000", "INFO", "WARNING: All", "WARNING: Logging", "E0000")
    lines = [line for line in told.splitlines() if line.strip() and not line.startswith(noise)]
    return " / ".join(lines), time.monotonic() - began, used.ru_maxrss / 1024


def main() -> None:
    """Makes, captures, tells."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--landmarker", type=Path)
    parser.add_argument("--other", type=Path)
    parser.add_argument("--only", nargs="+", default=[])
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    first = arguments.out / "first"
    if not (first / "actor.json").is_file():
        print(*captured(arguments.clip, first, arguments.landmarker))
    track = np.load(first / "tracks.npz")["points"][:, 0]
    kinds = made(Footage(arguments.clip, arguments.other, track, arguments.out))
    for name in arguments.only or kinds:
        folder = arguments.out / name.replace(" ", "_").replace(",", "")
        folder.mkdir(exist_ok=True)
        video = folder / "video.mp4"
        kinds[name](video)
        told, seconds, most = captured(video, folder / "actor", arguments.landmarker)
        abouts = sorted(folder.glob("actor/**/actor.json"))
        frames = [int(str(read_json(path)["n_frames"])) for path in abouts]
        rate = Fraction(str(read_json(abouts[0])["rate"])) if abouts else Fraction(0)
        print(
            f"| {name} | {frames} frames at {float(rate):g} fps | {seconds:.0f} s, {most:.0f} MB | {told} |", flush=True
        )


if __name__ == "__main__":
    main()
