"""glTF: a user's mesh animated, everything else of its file as it was, and files that are refused.

What is written is read here by a parser of its own, so that a mistake in ours is no mistake of both.
"""

from __future__ import annotations

import copy
import json
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facetake import rig
from facetake.errors import TakeError
from facetake.face.head import FLIP
from facetake.face.head import load as load_head
from facetake.files import MOST_TEXT
from facetake.formats import gltf_morph, rig_values
from facetake.report.glb import head_glb
from facetake.rig import maps
from facetake.take import Take

Json = dict[str, Any]


def split(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kinds and contents of a .glb's chunks."""
    assert data[:4] == b"glTF" and struct.unpack_from("<II", data, 4) == (2, len(data))
    chunks = []
    place = 12
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "little")
        assert size % 4 == 0 and place + 8 + size <= len(data)
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + size]))
        place += 8 + size
    return chunks


def floats(document: Json, binary: bytes, number: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The numbers of an accessor of float scalars."""
    accessor = document["accessors"][number]
    view = document["bufferViews"][accessor["bufferView"]]
    assert (accessor["componentType"], accessor["type"], view["buffer"]) == (5126, "SCALAR", 0)
    assert (
        view["byteOffset"] % 4 == 0 and view["byteOffset"] + view["byteLength"] <= document["buffers"][0]["byteLength"]
    )
    return np.frombuffer(binary, "<f4", accessor["count"], view["byteOffset"])


def glb(document: Json, binary: bytes = b"\0" * 8, extra: bytes = b"") -> bytes:
    """A .glb of these parts."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    parts = struct.pack("<I4s", len(text), b"JSON") + text
    parts += (struct.pack("<I4s", len(binary), b"BIN\0") + binary if binary else b"") + extra
    return struct.pack("<4sII", b"glTF", 2, 12 + len(parts)) + parts


def character(**changes: Any) -> Json:
    """The JSON of a small character: a face of two targets, hair of one without a name, an animation of its own."""
    targets: list[Json] = [{"POSITION": 0}, {"POSITION": 0}]
    return {
        "asset": {"version": "2.0", "extras": {"Zoë": 1.10, "huge": 12345678901234567}},
        "nodes": [{"mesh": 0, "name": "Face"}, {"mesh": 1}, {"name": "bone"}],
        "meshes": [
            {
                "name": "Head",
                "primitives": [{"attributes": {}, "targets": targets}, {"attributes": {}, "targets": targets}],
                "weights": [0.0, 0.25],
                "extras": {"targetNames": ["jawOpen", "scar"]},
            },
            {"primitives": [{"attributes": {}, "targets": [{"POSITION": 0}]}]},
        ],
        "accessors": [{"componentType": 5126, "count": 1, "type": "VEC3"}],
        "bufferViews": [],
        "buffers": [{"byteLength": 6}],
        "animations": [{"name": "walk", "channels": [], "samplers": []}],
        **changes,
    }


def animated(tmp_path: Path, data: bytes, take: Take, rig_map: str = "arkit") -> tuple[Json, bytes, list[str]]:
    """JSON and binary of a mesh with a take on it, and what was told."""
    (tmp_path / "mesh.glb").write_bytes(data)
    found = rig_values.of(take, maps.load(rig_map))
    told = rig_values.write(found, take, tmp_path / "out.glb", mesh=tmp_path / "mesh.glb")
    chunks = split((tmp_path / "out.glb").read_bytes())
    assert [kind for kind, _ in chunks[:2]] == [b"JSON", b"BIN\0"]
    return json.loads(chunks[0][1]), chunks[1][1], told


def test_weights_are_a_key_a_frame(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """The named target has the take's values at the take's times; one that no control moves rests as it did."""
    take = make_take(50, Fraction(24000, 1001), Fraction(1, 2))
    document, binary, told = animated(tmp_path, glb(character()), take)
    walk, made = document["animations"]
    (channel,) = made["channels"]
    sampler = made["samplers"][channel["sampler"]]
    times = floats(document, binary, sampler["input"])
    weights = floats(document, binary, sampler["output"]).reshape(50, 2)

    assert walk["name"] == "walk" and channel["target"] == {"node": 0, "path": "weights"}
    assert sampler["interpolation"] == "LINEAR"
    np.testing.assert_allclose(times, take.times_s, atol=1e-6)
    clock = document["accessors"][sampler["input"]]
    assert (clock["min"], clock["max"]) == ([float(times[0])], [float(times[-1])])
    np.testing.assert_array_equal(weights[:, 0], rig.to_arkit(take.values)[:, rig.ARKIT_NAMES.index("jawOpen")])
    assert set(weights[:, 1].tolist()) == {0.25}
    assert told == [
        "51 of the map's 52 controls move nothing in it: eyeBlinkLeft, eyeLookDownLeft, eyeLookInLeft and 48 more"
    ]


def test_nothing_else_of_the_file_changes(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """Without the animation and what it holds, JSON, data and chunks of extensions are the user's own."""
    extra = struct.pack("<I4s", 4, b"XTRA") + b"abcd"
    before = character()
    document, binary, _ = animated(tmp_path, glb(before, b"\1\2\3\4\5\6\0\0", extra), make_take(20))
    after = copy.deepcopy(document)
    after["animations"].pop()
    after["accessors"] = after["accessors"][:-2]
    after["bufferViews"] = after["bufferViews"][:-2]
    after["buffers"][0]["byteLength"] = 6

    assert after == before and binary[:8] == b"\1\2\3\4\5\6\0\0"
    assert split((tmp_path / "out.glb").read_bytes())[2] == (b"XTRA", b"abcd")
    assert document["buffers"][0]["byteLength"] == len(binary)


def test_every_node_with_a_mesh_moves(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """Head and teeth are meshes of their own, and one mesh may be shown twice: each node has its channel."""
    teeth = {"primitives": [{"targets": [{"POSITION": 0}]}], "extras": {"targetNames": ["jawOpen"]}}
    document = character(nodes=[{"mesh": 0}, {"mesh": 1}, {"mesh": 1, "weights": [0.5]}])
    document["meshes"][1] = teeth
    take = make_take(20)
    made, binary, _ = animated(tmp_path, glb(document), take)
    animation = made["animations"][-1]
    jaw = rig.to_arkit(take.values)[:, rig.ARKIT_NAMES.index("jawOpen")]

    assert [channel["target"]["node"] for channel in animation["channels"]] == [0, 1, 2]
    assert len({sampler["input"] for sampler in animation["samplers"]}) == 1
    for channel, width in zip(animation["channels"], (2, 1, 1), strict=True):
        weights = floats(made, binary, animation["samplers"][channel["sampler"]]["output"])
        np.testing.assert_array_equal(weights.reshape(20, width)[:, 0], jaw)


def test_what_exporters_do_to_json_is_read(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """JSON filled up with NUL, and names that are half of a letter, come through."""
    document = changed("extras", {"targetNames": ["jawOpen", "\ud800"]})
    while len(json.dumps(document)) % 4 != 1:
        document["asset"]["generator"] = document["asset"].get("generator", "") + "x"
    data = glb(document)
    end = 20 + int.from_bytes(data[12:16], "little")
    spaces = len(data[20:end]) - len(data[20:end].rstrip(b" "))
    assert spaces == 3
    made, _, _ = animated(tmp_path, data[: end - spaces] + b"\0" * spaces + data[end:], make_take(10))

    assert made["meshes"][0]["extras"]["targetNames"] == ["jawOpen", "\ud800"]


def test_a_control_may_name_its_mesh(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """`Head/jawOpen` moves the target of that mesh, before a control without a mesh does."""
    text = '[controls]\njawOpen = { arkit = { jawLeft = 1 } }\n"Head/jawOpen" = { arkit = { jawOpen = 1 } }'
    (tmp_path / "hero.toml").write_text(text, encoding="utf-8")
    take = make_take(20)
    document, binary, _ = animated(tmp_path, glb(character()), take, str(tmp_path / "hero.toml"))
    weights = floats(document, binary, -1).reshape(20, 2)

    np.testing.assert_array_equal(weights[:, 0], rig.to_arkit(take.values)[:, rig.ARKIT_NAMES.index("jawOpen")])


def test_expressions_of_vrm_move_what_they_are_bound_to(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """A control called as an expression moves its targets by their shares, where the file is VRM 1.0."""
    binds = [{"node": 0, "index": 1, "weight": 0.5}, {"node": 1, "index": 0}]
    vrm = {"VRMC_vrm": {"expressions": {"preset": {"blink": {"morphTargetBinds": binds}, "aa": {}}}}}
    text = "[controls]\nblink = { arkit = { eyeBlinkLeft = 1 } }"
    (tmp_path / "hero.toml").write_text(text, encoding="utf-8")
    take = make_take(20)
    document, binary, _ = animated(tmp_path, glb(character(extensions=vrm)), take, str(tmp_path / "hero.toml"))
    weights = floats(document, binary, -1).reshape(20, 2)

    blink = rig.to_arkit(take.values)[:, rig.ARKIT_NAMES.index("eyeBlinkLeft")]
    np.testing.assert_allclose(weights, np.stack([np.zeros(20), 0.5 * blink], axis=1), atol=1e-6)
    assert gltf_morph.names_in(tmp_path / "mesh.glb") == ("jawOpen", "scar", "blink", "aa")


def test_frames_before_the_sound_are_left_out(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """There is no time before 0 in glTF: frames there go, and the others keep theirs."""
    document, binary, told = animated(tmp_path, glb(character()), make_take(60, Fraction(60), Fraction(-1, 4)))
    times = floats(document, binary, -2)

    assert (times[0], len(times)) == (0.0, 45) and "15 frames before second 0" in told[-1]
    with pytest.raises(TakeError, match="ends before second 0"):
        animated(tmp_path, glb(character()), make_take(60, Fraction(60), Fraction(-10)))


def test_our_head_as_a_file_moves_as_ours_does(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """The head as a file, played by the written weights, is where its own shapes put it; what ARKit lacks rests."""
    take = make_take(12)
    document, binary, told = animated(tmp_path, head_glb(), take)
    head = load_head()
    names = document["meshes"][0]["extras"]["targetNames"]
    weights = floats(document, binary, -1).reshape(12, len(names))

    assert names == list(head.names) and not told
    np.testing.assert_array_equal(weights[:, :52], rig.to_arkit(take.values))
    assert not weights[:, 52:].any()
    moved = head.rest + (weights @ head.deltas).reshape(12, -1, 3)
    direct = head.rest + (rig.to_arkit(take.values) @ head.deltas[:52]).reshape(12, -1, 3)
    np.testing.assert_allclose(moved * FLIP, direct * FLIP, atol=1e-6)


def changed(key: str, value: Any) -> Json:
    """The character with something else in its first mesh."""
    document = character()
    document["meshes"][0][key] = value
    return document


WHOLE = glb(character())
REFUSED = {
    "no glb": (b"PK\3\4" + b"\0" * 40, "this is no .glb"),
    "empty": (b"", "this is no .glb"),
    "version 1": (WHOLE[:4] + struct.pack("<I", 1) + WHOLE[8:], "this is glTF 1"),
    "cut": (WHOLE[:-20], "it is cut off"),
    "cut within a head": (WHOLE[:8] + struct.pack("<I", 24) + WHOLE[12:24], "where it says|in the middle"),
    "a length beyond its end": (WHOLE[:12] + b"\xff\xff\xff\x7f" + WHOLE[16:], "where it says"),
    "binary first": (WHOLE[:16] + b"BIN\0" + WHOLE[20:], "first part is not JSON"),
    "no JSON": (WHOLE[:20] + b"[" * 40 + WHOLE[60:], "its JSON cannot be read"),
    "a list": (glb([]), "its JSON is no object"),  # type: ignore[arg-type]
    "no data": (glb(character(), b""), "its data is not in the file itself"),
    "data elsewhere": (
        glb(character(buffers=[{"byteLength": 8, "uri": "a.bin"}])),
        "its data is not in the file itself",
    ),
    "no buffers": (glb(character(buffers=[])), "its data is not in the file itself"),
    "short data": (glb(character(buffers=[{"byteLength": 99}])), "its data is shorter than it says"),
    "a length that is none": (glb(character(buffers=[{"byteLength": -1}])), '"byteLength"'),
    "no meshes": (glb(character(meshes=[])), "no mesh in it has morph targets"),
    "no morph targets": (glb(character(meshes=[{"primitives": [{}]}])), "no mesh in it has morph targets"),
    "no names": (glb(changed("extras", {})), "morph targets have no names"),
    "too few names": (glb(changed("extras", {"targetNames": ["jawOpen"]})), "2 morph targets and 1 names"),
    "names that are none": (glb(changed("extras", {"targetNames": [1, 2]})), "2 morph targets and 2 names"),
    "names that are no list": (glb(changed("extras", {"targetNames": "ab"})), "no list of names"),
    "uneven parts": (
        glb(changed("primitives", [{"targets": [{}]}, {"targets": [{}, {}]}])),
        r"have \[1, 2\] morph targets",
    ),
    "other weights": (glb(changed("weights", [0.0])), '"weights" of mesh 0 are not 2 numbers'),
    "no such mesh": (glb(character(nodes=[{"mesh": 7}])), "node 0 shows mesh 7, and there are 2"),
    "no node": (glb(character(nodes=[])), "no node in it shows a mesh"),
    "nodes that are none": (glb(character(nodes=[1])), '"nodes" in its JSON is no list of objects'),
    "animations that are none": (glb(character(animations={})), '"animations" in its JSON is no list'),
    "other names": (glb(changed("extras", {"targetNames": ["a", "b"]})), "none of its morph targets"),
    "an endless number": (WHOLE.replace(b"12345678901234567", b"1e999999999999999"), "its JSON cannot be read"),
    "a VRM that is none": (
        glb(character(extensions={"VRMC_vrm": {"expressions": {"preset": {"aa": 1}}}})),
        "VRM expressions is no table",
    ),
    "a bind that is none": (
        glb(character(extensions={"VRMC_vrm": {"expressions": {"custom": {"aa": {"morphTargetBinds": [{}]}}}}})),
        "VRM expression 'aa' has no \"node\"",
    ),
}


@pytest.mark.parametrize("kind", list(REFUSED))
def test_files_that_cannot_be_animated_are_refused(tmp_path: Path, make_take: Callable[..., Take], kind: str) -> None:
    """Whatever is wrong with a mesh is one sentence that names it, and no file is begun."""
    data, told = REFUSED[kind]
    with pytest.raises(TakeError, match=f"mesh.glb: .*({told})"):
        animated(tmp_path, data, make_take(10))
    assert [path.name for path in tmp_path.iterdir()] == ["mesh.glb"]


def test_huge_files_are_refused_before_they_are_read(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """A file larger than any character, and JSON larger than any scene, are not taken into memory."""
    with (tmp_path / "mesh.glb").open("wb") as file:
        file.truncate(gltf_morph.MOST_BYTES + 1)
    with pytest.raises(TakeError, match="MB are the most"):
        gltf_morph.names_in(tmp_path / "mesh.glb")
    with pytest.raises(TakeError, match="its JSON has"):
        gltf_morph.parse(glb({"a": "x" * MOST_TEXT}))


def test_a_character_is_parsed_once_for_many_lines(
    tmp_path: Path, make_take: Callable[..., Take], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines on one mesh parse it once, and anew after it has changed; no line sees what another has added."""
    parsed: list[int] = []
    parse = gltf_morph.parse

    def count(data: bytes) -> object:
        parsed.append(len(data))
        return parse(data)

    monkeypatch.setattr(gltf_morph, "parse", count)
    take = make_take(4)
    first = animated(tmp_path, glb(character()), take)
    mesh = tmp_path / "mesh.glb"
    out = tmp_path / "again.glb"
    values = rig.to_arkit(take.values)
    gltf_morph.write(rig.ARKIT_NAMES, values, take.rate, take.start, mesh, out)
    assert json.loads(split(out.read_bytes())[0][1]) == first[0] and len(parsed) == 1

    mesh.write_bytes(glb(character(), b"\0" * 16))
    gltf_morph.write(rig.ARKIT_NAMES, values, take.rate, take.start, mesh, out)
    assert len(parsed) == 2


def test_a_map_for_percent_is_refused(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """Weights of 100 would tear a face apart."""
    with pytest.raises(TakeError, match="whole at 1; take a map that goes to 1"):
        animated(tmp_path, glb(character()), make_take(10), "unity")


def test_the_map_is_found_by_the_names_in_the_file(tmp_path: Path) -> None:
    """A mesh with ARKit's names is met by `arkit`, one with Reallusion's by theirs, and foreign names by none."""
    (tmp_path / "head.glb").write_bytes(head_glb())
    assert maps.best_for(gltf_morph.names_in(tmp_path / "head.glb")) == "arkit"
    assert maps.best_for(["Jaw_Open", "Mouth_Press_L", "V_Open"]) == "character-creator"
    assert maps.best_for(["viseme_aa", "viseme_PP", "eyeBlinkLeft"]) == "oculus-visemes"
    assert maps.best_for(["jaw drop"]) is None
