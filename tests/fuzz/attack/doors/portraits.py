"""What portraits read: actors' folders, films, photographs, tracks, lists of clips, trainings, and face models."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from attack import arrays, hostile
from attack.damage import EDGES, damaged
from attack.door import Case, Door, Open
from attack.doors.sound import changed_film
from facetake.files import json_text

TESTS: Final = Path(__file__).parents[3]
for _place in (
    TESTS / "core/portrait/filming",
    TESTS / "core/face/cast",
):  # what the tests of portraits film, and whom
    if str(_place) not in sys.path:
        sys.path.append(str(_place))
NEEDED: Final = ("PIL", "av", "librosa", "numba", "safetensors", "skimage", "torch")
T = 4
SIZE = 16


@dataclass(frozen=True)
class Kind:
    """A kind of file or folder.

    Attributes:
        folder: a whole one.
        name: the file in it that is damaged.
        opens: what opens the folder.
        arrays: of a file of arrays.
    """

    folder: Path
    name: str
    opens: Callable[[Path], object]
    arrays: dict[str, np.ndarray] | None = None


def prepare(folder: Path) -> dict[str, Kind]:
    """One of each, opened once."""
    import torch

    torch.set_num_threads(1)
    found = {name: build(folder / name) for name, build in BUILD.items() if not (folder / name).mkdir()}  # type: ignore[func-returns-value]
    for kind in found.values():
        kind.opens(kind.folder)
    return found


def _actor_folder(folder: Path) -> Path:
    from noise_actor import noise_actor

    return noise_actor(folder / "anna", T, SIZE)[0].folder


def _acted(folder: Path) -> object:
    from facetake.portrait.capture import actor

    found = actor.read_actor(folder / "anna")
    return found.frames(), found.camera, found.light_at(0)


def _actor(folder: Path) -> Kind:
    _actor_folder(folder)
    return Kind(folder, "anna/actor.json", _acted)


def _fit(folder: Path) -> Kind:
    from safetensors.numpy import load_file

    place = _actor_folder(folder)
    return Kind(folder, "anna/fit.safetensors", _acted, dict(load_file(place / "fit.safetensors")))


def _pictures(folder: Path) -> Kind:
    _actor_folder(folder)
    return Kind(folder, "anna/crop.mkv", _acted)


def _tracks(folder: Path) -> Kind:
    from facetake.portrait.video.landmarks import read_tracks, write_tracks

    write_tracks(folder / "tracks.npz", np.ones((T, 1, 468, 2), np.float32), [])
    held = {"points": np.ones((T, 1, 468, 2), np.float32)}
    return Kind(folder, "tracks.npz", lambda place: read_tracks(place / "tracks.npz", T), held)


def _clips(folder: Path) -> Kind:
    from facetake.portrait.capture.clip_list import captured_in, read_clips

    (folder / "clips.csv").write_text('clip,emotion,intensity\n"anna, 1",angry,0.5\nanna_2,neutral,1\n', "utf-8")
    return Kind(folder, "clips.csv", lambda place: captured_in(read_clips(place / "clips.csv")[0], place / "out"))


def _film(folder: Path) -> Kind:
    from films import brightening, film

    from facetake.portrait.video.footage import open_footage

    sound = np.sin(np.arange(9600) / 20.0).astype(np.float32)
    film(folder / "a.mp4", brightening(6), sound=sound)
    return Kind(folder, "a.mp4", lambda place: [picture.shape for picture in open_footage(place / "a.mp4").pictures()])


def _matroska(folder: Path) -> Kind:
    from films import brightening, film

    from facetake.portrait.video.footage import open_footage

    film(folder / "a.mkv", brightening(6))
    return Kind(folder, "a.mkv", lambda place: [picture.shape for picture in open_footage(place / "a.mkv").pictures()])


def _photograph(suffix: str) -> Callable[[Path], Kind]:
    def build(folder: Path) -> Kind:
        from PIL import Image

        from facetake.portrait.landmark_translation.photograph import open_picture

        picture = Image.fromarray(np.random.default_rng(3).integers(0, 255, (128, 100, 3), dtype=np.uint8))
        exif = Image.Exif()
        exif[0x0112] = 6
        picture.save(folder / f"a{suffix}", exif=exif)
        return Kind(folder, f"a{suffix}", lambda place: open_picture(place / f"a{suffix}"))

    return build


def _shared(folder: Path) -> Kind:
    from facetake.portrait.capture import actor, identity

    held = {
        name: np.ones(shape, np.float32)
        for name, shape in {"identity": (4,), "albedo": (3,), "light": (9, 3), "colour": (9, 3)}.items()
    }
    actor.write_arrays(folder / identity.FILE, held)
    return Kind(folder, identity.FILE, identity.read_shared, held)


def _training(name: str) -> Callable[[Path], Kind]:
    def build(folder: Path) -> Kind:
        import torch
        from safetensors.numpy import load_file

        from facetake.portrait.training import training_dir

        def network() -> tuple[Any, Any]:
            torch.manual_seed(0)
            made = torch.nn.Linear(3, 2)
            return made, torch.optim.Adam(made.parameters())

        made, adam = network()
        made(torch.ones(1, 3)).sum().backward()
        adam.step()
        training_dir.keep(folder, [training_dir.Kept("net", made, adam)], {"epoch": 3})

        def go_on(place: Path) -> object:
            other, its_adam = network()
            done = training_dir.resume(place, [training_dir.Kept("net", other, its_adam)])
            other(torch.ones(1, 3)).sum().backward()
            its_adam.step()
            return done

        path = folder / "kept-net-000003" / name
        return Kind(
            folder, f"kept-net-000003/{name}", go_on, dict(load_file(path)) if path.suffix == ".safetensors" else None
        )

    return build


def _about(system: str) -> Callable[[Path], Kind]:
    def build(folder: Path) -> Kind:
        from fractions import Fraction

        from facetake.portrait.audiodvp import checkpoint as audiodvp
        from facetake.portrait.audiodvp.settings import read_settings as audiodvp_settings
        from facetake.portrait.landmark_translation import checkpoint as landmark
        from facetake.portrait.landmark_translation.settings import read_settings as landmark_settings
        from facetake.portrait.read_avatars import checkpoint as read
        from facetake.portrait.read_avatars.settings import read_settings
        from facetake.portrait.training import training_dir
        from facetake.portrait.video.compositing import Region

        region = Region(0, 0, 64, 32)
        about, opens = {
            "audiodvp": (
                audiodvp.AudioDvpMetadata("anna", 8, 24, 12, region, audiodvp_settings("tiny")),
                audiodvp.read_trained,
            ),
            "read": (
                read.ReadAvatarsMetadata(
                    (read.Learnt("anna", "happy", 1.0, 8),), 24, 16, 12, region, read_settings("tiny")
                ),
                read.read_trained,
            ),
            "landmark": (
                landmark.LandmarkTranslationMetadata(("anna",), (8,), Fraction(25), 24, landmark_settings("tiny")),
                landmark.read_motion,
            ),
        }[system]
        training_dir.write_about(folder / f"{system}.json", about)
        return Kind(folder, f"{system}.json", _without_weights(opens))

    return build


def _without_weights(opens: Callable[[Path], object]) -> Callable[[Path], object]:
    """Opens the folder of a training that has only begun: that it lacks its networks is no fault of the table."""
    from facetake.errors import FacetakeError

    def tried(place: Path) -> object:
        try:
            return opens(place)
        except FacetakeError as error:
            if place.name != "case" or "safetensors" in str(error):
                return None
            raise

    return tried


BUILD: Final[dict[str, Callable[[Path], Kind]]] = {
    "actor": _actor,
    "fit": _fit,
    "pictures": _pictures,
    "tracks": _tracks,
    "clips": _clips,
    "film": _film,
    "matroska": _matroska,
    "png": _photograph(".png"),
    "jpeg": _photograph(".jpg"),
    "webp": _photograph(".webp"),
    "shared": _shared,
    "network": _training("net.safetensors"),
    "optimiser": _training("net.optimizer.safetensors"),
    "kept": _training("net.json"),
    "audiodvp": _about("audiodvp"),
    "read": _about("read"),
    "landmark": _about("landmark"),
}


def make(kinds: dict[str, Kind], case: Case) -> Open:
    """One of them, of which a file is damaged as its kind can be."""
    dice = case.dice
    kind = kinds[dice.choice(list(kinds))]
    shutil.copytree(kind.folder, case.folder, dirs_exist_ok=True)
    path = case.folder / kind.name
    path.write_bytes(_content(path, kind, dice))
    return lambda: kind.opens(case.folder)


def _content(path: Path, kind: Kind, dice: random.Random) -> bytes:
    data = path.read_bytes()
    if dice.random() < 0.3:
        return damaged(data, dice)
    if path.suffix == ".json":
        return hostile.json_text(hostile.respelt(json.loads(data), dice), dice)
    if path.suffix == ".npz" and kind.arrays:
        return arrays.npz(arrays.changed(kind.arrays, dice), dice)
    if path.suffix == ".safetensors" and kind.arrays:
        return arrays.safetensors(arrays.changed(kind.arrays, dice), dice)
    if path.suffix in (".mp4", ".mkv"):
        return changed_film(data, dice)
    if path.suffix == ".csv":
        return _cells(data, dice)
    return _picture(data, dice)


def _cells(data: bytes, dice: random.Random) -> bytes:
    rows = [line.split(b",") for line in data.split(b"\n") if line]
    row = dice.choice(rows)
    other = dice.choice((hostile.name(dice), hostile.number(dice), "angry", "/dev/zero", "../x"))
    row[dice.randrange(len(row))] = other.encode("utf-8", "surrogatepass")
    if dice.random() < 0.2:
        rows.append(list(dice.choice(rows)))
    return dice.choice((b"\n", b"\r\n", b"\r")).join(dice.choice((b",", b",", b";")).join(row) for row in rows)


def _picture(data: bytes, dice: random.Random) -> bytes:
    """PNG and JPEG: another size, other chunks, and EXIF that lies; checksums hold."""
    import zlib

    if data[:8] == b"\x89PNG\r\n\x1a\n":
        at = 8
        found = list[tuple[bytes, bytes]]()
        while at + 8 <= len(data):
            size = int.from_bytes(data[at : at + 4], "big")
            found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
            at += 12 + size
        place = dice.randrange(len(found))
        name, body = found[place]
        kind = dice.randrange(4)
        if kind == 0:
            spot = dice.choice((0, 4, 8, 9, 12))
            width = 4 if spot < 8 else 1
            body = found[0][1]
            found[0] = (
                found[0][0],
                body[:spot] + (dice.choice(EDGES) % (1 << 8 * width)).to_bytes(width, "big") + body[spot + width :],
            )
        elif kind == 1:
            found.insert(place, (dice.choice((b"eXIf", b"IDAT", b"iCCP", b"acTL")), _exif(dice)))
        elif kind == 2:
            del found[place]
        else:
            found[place] = (name, damaged(body, dice, 1))
        return data[:8] + b"".join(
            len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
            for name, body in found
        )
    if data[:2] == b"\xff\xd8":
        place = data.find(b"\xff\xc0")
        if dice.random() < 0.5 and place > 0:
            return data[: place + 5] + (dice.choice(EDGES) % 2**32).to_bytes(4, "big") + data[place + 9 :]
        exif = b"Exif\0\0" + _exif(dice)
        return data[:2] + b"\xff\xe1" + min(len(exif) + 2, 65535).to_bytes(2, "big") + exif + data[2:]
    return damaged(data, dice)


def _exif(dice: random.Random) -> bytes:
    order: Literal["little", "big"] = "little" if dice.random() < 0.5 else "big"
    head = b"II*\0" if order == "little" else b"MM\0*"
    at = dice.choice((8, 8, 0, 4, 10**6, 2**32 - 1))
    tag = (
        (0x0112).to_bytes(2, order)
        + (3).to_bytes(2, order)
        + (1).to_bytes(4, order)
        + (dice.choice((0, 1, 5, 8, 9, 65535))).to_bytes(2, order)
        + b"\0\0"
    )
    return head + at.to_bytes(4, order) + dice.choice((1, 3, 65535)).to_bytes(2, order) + tag * dice.choice((1, 2))


# Face models in the published layouts


def prepare_faces(folder: Path) -> dict[str, Kind]:
    """A cast in each layout, opened once."""
    import torch
    from others import bfm_front, flame_arrays, flame_embedding, flame_npz, ict_folder

    torch.set_num_threads(1)
    pickle: Any = __import__("pickle")
    found = dict[str, Kind]()
    for name in ("flame", "embedding", "pickled", "bfm", "ict", "mesh"):
        (folder / name).mkdir()
    held = dict(np.load(flame_npz(folder / "flame")))
    flame_npz(folder / "embedding")
    marks = dict(np.load(folder / "embedding" / "mediapipe_landmark_embedding.npz"))
    (folder / "pickled" / "flame.pkl").write_bytes(pickle.dumps(flame_arrays(), 2))
    flame_embedding(folder / "pickled")
    bfm_front(folder / "bfm" / "BFM_model_front.mat")
    for name in ("ict", "mesh"):
        ict_folder(folder / name)
    found["flame"] = Kind(folder / "flame", "flame.npz", _face("flame:", "flame.npz"), held)
    found["embedding"] = Kind(
        folder / "embedding", "mediapipe_landmark_embedding.npz", _face("flame:", "flame.npz"), marks
    )
    found["pickled"] = Kind(folder / "pickled", "flame.pkl", _face("flame:", "flame.pkl"))
    found["bfm"] = Kind(folder / "bfm", "BFM_model_front.mat", _face("bfm:", "BFM_model_front.mat"))
    found["ict"] = Kind(folder / "ict", "vertex_indices.json", _face("ict:", ""))
    found["mesh"] = Kind(folder / "mesh", "generic_neutral_mesh.obj", _face("ict:", ""))
    for kind in found.values():
        kind.opens(kind.folder)
    return found


def _face(prefix: str, name: str) -> Callable[[Path], object]:
    def opens(place: Path) -> object:
        import torch

        from facetake.portrait.capture.posed_face import open_face

        model = open_face(f"{prefix}{place / name}").model
        with torch.no_grad():
            made = model.vertices(torch.zeros(1, model.identity_size), torch.zeros(1, model.expression_size))
        assert torch.isfinite(made).all(), "a vertex is no number"
        return hashlib.sha256(made.numpy().tobytes()).hexdigest()

    return opens


def make_face(kinds: dict[str, Kind], case: Case) -> Open:
    """A face model of which one file is damaged; small files are copied, large ones shared by links."""
    dice = case.dice
    kind = kinds[dice.choice(list(kinds))]
    for path in kind.folder.iterdir():
        (case.folder / path.name).hardlink_to(path)
    path = case.folder / kind.name
    data = path.read_bytes()
    path.unlink()
    if dice.random() < 0.4 or path.suffix in (".pkl", ".mat"):
        new = damaged(data, dice)
    elif path.suffix == ".npz" and kind.arrays:
        new = arrays.npz(arrays.changed(kind.arrays, dice), dice)
    elif path.suffix == ".json":
        new = hostile.json_text(hostile.respelt(json_text.load(data), dice), dice)
    else:
        new = _mesh(data, dice)
    path.write_bytes(new)
    return lambda: kind.opens(case.folder)


def _mesh(data: bytes, dice: random.Random) -> bytes:
    lines = data.split(b"\n")
    for _ in range(dice.choice((1, 1, 3))):
        place = dice.randrange(len(lines))
        words = lines[place].split(b" ")
        if dice.random() < 0.7 and len(words) > 1:
            words[dice.randrange(1, len(words))] = dice.choice(
                (hostile.number(dice).encode(), b"-1/-1/-1", b"0/0/0", b"1//", b"/", b"9999999999/1/1")
            )
            lines[place] = b" ".join(words)
        else:
            lines[place] = dice.choice(
                (
                    b"",
                    b"f 1/1/1",
                    b"f " + b"1/1/1 " * 5000,
                    b"v",
                    b"v 1 2",
                    b"v 1 2 3 4",
                    b"usemtl " + b"x" * 5000,
                    b"vt 1",
                )
            )
    return b"\n".join(lines)


DOORS: Final = (
    Door(
        "portraits", "actors, films, photographs, tracks, clips and trainings", prepare, make, weight=5.0, needs=NEEDED
    ),
    Door("faces", "face models of users", prepare_faces, make_face, weight=1.5, needs=NEEDED),
)
