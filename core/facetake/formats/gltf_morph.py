"""glTF: a copy of a user's own .glb, its morph targets animated; nothing else of the file changes.

Morph targets are met by name, as exporters put names into `mesh.extras.targetNames`; a control `Face/jawOpen` means the
target of the mesh Face alone. In a VRM file a control may also be an expression, whose bindings then move. The file is
the user's and is read strictly: it is whole, its numbers mean something, or it is refused in one sentence.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from facetake import files
from facetake.arrays import F32
from facetake.errors import TakeError
from facetake.files import json_text
from facetake.formats.files import beside, reading

MOST_BYTES: Final = 1 << 30
"""Of a character: a gigabyte, ten times what games ship."""
MOST_WEIGHT: Final = 10.0  # of a control: glTF's targets are whole at 1, and maps for percent would tear a face apart
MAGIC: Final = b"glTF"
JSON_CHUNK: Final = 0x4E4F534A  # glTF: "JSON"
BINARY_CHUNK: Final = 0x004E4942  # glTF: "BIN"
FLOAT: Final = 5126  # glTF
ALIGNMENT: Final = 4  # glTF: bytes
ANIMATION: Final = "Facetake"
_MOST_FILE: Final = (1 << 32) - 1  # bytes, as the header has 32 bits for them


@dataclass(frozen=True)
class Glb:
    """A .glb in its parts.

    Attributes:
        document: its JSON.
        binary: the chunk that is its first buffer.
        others: chunks of extensions, each with its head.
    """

    document: dict[str, Any]
    binary: bytes
    others: bytes


@dataclass(frozen=True)
class MorphNode:
    """A node whose mesh has morph targets with names.

    Attributes:
        node: its number.
        mesh: name of its mesh; may be empty.
        targets: names of its targets.
        rest: weights at rest, one for each.
    """

    node: int
    mesh: str
    targets: tuple[str, ...]
    rest: tuple[float, ...]


def names_in(path: Path) -> tuple[str, ...]:
    """Names that a map may drive in a user's file: morph targets, and expressions of VRM.

    Raises:
        TakeError: the file cannot be read, is no .glb, or has no morph targets with names.
    """
    with reading(path):
        found = _read(path)
        targets = [name for one in morph_nodes(found.document) for name in one.targets]
        return tuple(dict.fromkeys([*targets, *_expressions(found.document)]))


def write(names: Sequence[str], values: F32, rate: Fraction, start: Fraction, mesh: Path, path: Path) -> list[str]:
    """Writes a copy of a mesh with one animation of its weights, a key a frame.

    Frames before second 0 are left out, as glTF has no such times.

    Args:
        names: N controls.
        values: (T, N) their values.
        rate: frames per second.
        start: time of the first frame.
        mesh: the user's file.
        path: the copy.

    Returns:
        Sentences on what was left out.

    Raises:
        TakeError: the mesh cannot be read, has no morph targets of these names, or the copy cannot be written.
    """
    with reading(mesh):
        found = _read(mesh)
        nodes = morph_nodes(found.document)
        first = max(0, -((start * rate) // 1))  # the first frame at or after second 0
        driven = {
            one.node: (one, moves) for one in nodes if (moves := _moves(one, names, _expressions(found.document)))
        }
        if not driven:
            known = ", ".join(nodes[0].targets[:3])
            raise TakeError(f"none of its morph targets ({known} ...) is a control of the map; choose another map")
        _check(values, first)
        times = _times(len(values), first, rate, start)
        weights = {node: _weights(one, moves, values[first:]) for node, (one, moves) in driven.items()}
        data = packed(*_animated(found, times, weights), found.others)
    with beside(path) as part:
        part.write_bytes(data)
    return _notes(driven, names, first)


def _read(path: Path) -> Glb:
    """The parts of a file; those of the last one are kept, as a batch animates one character for every line."""
    about = path.stat()
    return _kept(path.absolute(), about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=1)
def _kept(path: Path, _changed_ns: int, _size: int) -> Glb:
    return parse(files.read_bytes(path, MOST_BYTES))


def parse(data: bytes) -> Glb:
    """The parts of a .glb.

    Raises:
        TakeError: it is none, or is cut off.
    """
    if len(data) < 20 or data[:4] != MAGIC:
        raise TakeError("this is no .glb; export glTF 2.0 as one binary file")
    version, size = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise TakeError(f"this is glTF {version}; export glTF 2.0")
    if size > len(data):
        raise TakeError(f"it is cut off: {len(data)} of its {size} bytes are there; copy it again")
    chunks = list(_chunks(data[:size]))
    if not chunks or chunks[0][0] != JSON_CHUNK:
        raise TakeError("its first part is not JSON, so it is no .glb; export it again")
    binary = chunks[1][1] if len(chunks) > 1 and chunks[1][0] == BINARY_CHUNK else b""
    others = chunks[2 if binary else 1 :]
    whole = b"".join(struct.pack("<II", len(content), kind) + content for kind, content in others)
    return Glb(_document(chunks[0][1], len(binary)), binary, whole)


def _chunks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each chunk."""
    place = 12
    while place < len(data):
        if len(data) - place < 8:
            raise TakeError("it ends in the middle of a part; export it again")
        size, kind = struct.unpack_from("<II", data, place)
        content = data[place + 8 : place + 8 + size]
        if len(content) < size or size % ALIGNMENT:
            raise TakeError(f"a part of it has {len(content)} bytes where it says {size}; export it again")
        yield kind, content
        place += 8 + size


def _document(text: bytes, n_binary: int) -> dict[str, Any]:
    """The JSON of a file, as far as it must hold for an animation to be added."""
    if len(text) > files.MOST_TEXT:
        raise TakeError(f"its JSON has {len(text)} bytes, more than {files.MOST_TEXT}; is it a whole scene?")
    try:
        found = json_text.load(text.rstrip(b" \0"))  # with NUL exporters fill up that should with spaces
    except json.JSONDecodeError as error:
        raise TakeError(f"its JSON cannot be read ({error.msg}); export it again") from error
    except ValueError as error:  # also of bytes that are no text
        raise TakeError(f"its JSON cannot be read ({files.reason(error)}); export it again") from error
    if not isinstance(found, dict):
        raise TakeError("its JSON is no object; export it again")
    buffers = _objects(found, "buffers")
    if not buffers or "uri" in buffers[0] or not n_binary:
        raise TakeError("its data is not in the file itself; export it as one .glb")
    if not 0 < _whole(buffers[0], "byteLength", "its first buffer") <= n_binary:
        raise TakeError("its data is shorter than it says; it is cut off, export it again")
    for key in ("accessors", "bufferViews", "animations"):
        _objects(found, key)
    return found


def _objects(table: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The list of objects under a key; empty where there is none."""
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise TakeError(f'"{key}" in its JSON is no list of objects; export it again')
    return found


def _whole(table: dict[str, Any], key: str, what: str) -> int:
    found = table.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise TakeError(f'{what} has no "{key}" that can be used; export it again')
    return found


def morph_nodes(document: dict[str, Any]) -> list[MorphNode]:
    """The nodes that have morph targets with names.

    Raises:
        TakeError: there are none, or a mesh has other numbers of targets, names and weights.
    """
    meshes = _objects(document, "meshes")
    targets = [_targets(mesh, number) for number, mesh in enumerate(meshes)]
    if not any(count for count, _ in targets):
        raise TakeError("no mesh in it has morph targets; export the character with its shape keys")
    if not any(names for _, names in targets):
        raise TakeError('its morph targets have no names; export it with names (in "extras" of the mesh)')
    found = []
    for node, one in enumerate(_objects(document, "nodes")):
        if "mesh" not in one:
            continue
        number = _whole(one, "mesh", f"node {node}")
        if number >= len(meshes):
            raise TakeError(f"node {node} shows mesh {number}, and there are {len(meshes)}; export it again")
        count, names = targets[number]
        if names:
            rest = _rest(one, count, f"node {node}") or _rest(meshes[number], count, f"mesh {number}") or (0.0,) * count
            found.append(MorphNode(node, _text(meshes[number].get("name")), names, rest))
    if not found:
        raise TakeError("no node in it shows a mesh with named morph targets; export it again")
    return found


def _targets(mesh: dict[str, Any], number: int) -> tuple[int, tuple[str, ...]]:
    """How many morph targets a mesh has, and their names; none where it names none."""
    primitives = _objects(mesh, "primitives")
    counts = {len(_objects(one, "targets")) for one in primitives}
    if len(counts) > 1:
        raise TakeError(
            f"the parts of mesh {number} have {sorted(counts)} morph targets; all need the same, export again"
        )
    count = counts.pop() if counts else 0
    holders = [one.get("extras") for one in (mesh, *primitives)]
    names = next((one["targetNames"] for one in holders if isinstance(one, dict) and "targetNames" in one), None)
    if names is None or not count:
        return count, ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(names) != count:
        size = len(names) if isinstance(names, list) else "no list of"
        raise TakeError(f"mesh {number} has {count} morph targets and {size} names for them; export it again")
    return count, tuple(names)


def _rest(table: dict[str, Any], count: int, what: str) -> tuple[float, ...]:
    """Weights at rest; empty where the table has none."""
    found = table.get("weights")
    if found is None:
        return ()
    are_numbers = isinstance(found, list) and all(isinstance(x, int | float) and abs(x) < 1e6 for x in found)
    if not are_numbers or len(found) != count:
        raise TakeError(f'"weights" of {what} are not {count} numbers; export it again')
    return tuple(map(float, found))


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""


def _expressions(document: dict[str, Any]) -> dict[str, list[tuple[int, int, float]]]:
    """VRM 1.0's expressions: for each name the node, target and weight of its bindings."""
    holder: Any = document.get("extensions")
    for key in ("VRMC_vrm", "expressions"):
        holder = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(holder, dict):
        return {}
    found: dict[str, list[tuple[int, int, float]]] = {}
    for kind in ("preset", "custom"):
        named = holder.get(kind) or {}
        if not isinstance(named, dict) or not all(isinstance(one, dict) for one in named.values()):
            raise TakeError(f'"{kind}" of its VRM expressions is no table; export it again')
        for name, expression in named.items():
            found[name] = [_bind(bind, name) for bind in _objects(expression, "morphTargetBinds")]
    return found


def _bind(bind: dict[str, Any], name: str) -> tuple[int, int, float]:
    weight = bind.get("weight", 1.0)
    if not isinstance(weight, int | float) or not 0.0 <= weight <= 1.0:
        raise TakeError(f"a weight of its VRM expression {name[:40]!r} is no number from 0 to 1; export it again")
    what = f"VRM expression {name[:40]!r}"
    return _whole(bind, "node", what), _whole(bind, "index", what), float(weight)


def _moves(
    one: MorphNode, names: Sequence[str], expressions: dict[str, list[tuple[int, int, float]]]
) -> list[tuple[int, int, float]]:
    """Which target of a node each control moves, and how far: target, column and weight."""
    columns = {name: column for column, name in enumerate(names)}
    bound = [
        (target, columns[name], weight)
        for name, binds in expressions.items()
        if name in columns
        for node, target, weight in binds
        if node == one.node and target < len(one.targets)
    ]
    if bound:
        return bound
    wanted = [columns.get(f"{one.mesh}/{target}", columns.get(target)) for target in one.targets]
    return [(target, column, 1.0) for target, column in enumerate(wanted) if column is not None]


def _check(values: F32, first: int) -> None:
    """Raises TakeError where there is nothing to animate, or for another unit than glTF's."""
    if first >= len(values):
        raise TakeError("the take ends before second 0 of its sound, and glTF has no earlier times; move its start")
    if np.abs(values).max() > MOST_WEIGHT:
        raise TakeError(
            f"the map gives values up to {np.abs(values).max():g}, where a morph target of glTF is whole at 1; take a "
            "map that goes to 1"
        )


def _times(count: int, first: int, rate: Fraction, start: Fraction) -> F32:
    """Seconds of the frames from `first` on."""
    times = (np.arange(first, count) * float(1 / rate) + float(start)).astype(np.float32)
    if len(times) > 1 and not (np.diff(times) > 0).all():
        raise TakeError("the take is too long at this rate for glTF's times of 32 bits; split it, or lower its rate")
    return times


def _weights(one: MorphNode, moves: list[tuple[int, int, float]], values: F32) -> F32:
    """(T, targets) weights of a node: what no control moves stays as it rests."""
    found = np.tile(np.array(one.rest, dtype=np.float32), (len(values), 1))
    found[:, sorted({target for target, _, _ in moves})] = 0.0
    for target, column, weight in moves:
        found[:, target] += np.float32(weight) * values[:, column]
    return found


def _animated(found: Glb, times: F32, weights: dict[int, F32]) -> tuple[dict[str, Any], bytes]:
    """JSON and binary with the animation added at their ends."""
    document = dict(found.document)
    views = list(_objects(document, "bufferViews"))
    accessors = list(_objects(document, "accessors"))
    data = bytearray(found.binary)

    def accessor(array: F32, **more: object) -> int:
        views.append({"buffer": 0, "byteOffset": len(data), "byteLength": array.nbytes})
        data.extend(array.astype("<f4").tobytes())
        accessors.append(
            {"bufferView": len(views) - 1, "componentType": FLOAT, "count": array.size, "type": "SCALAR", **more}
        )
        return len(accessors) - 1

    clock = accessor(times, min=[float(times[0])], max=[float(times[-1])])
    samplers = [{"input": clock, "output": accessor(one), "interpolation": "LINEAR"} for one in weights.values()]
    channels = [{"sampler": number, "target": {"node": node, "path": "weights"}} for number, node in enumerate(weights)]
    animation = {"name": ANIMATION, "samplers": samplers, "channels": channels}
    buffer = {**document["buffers"][0], "byteLength": len(data)}
    document |= {
        "buffers": [buffer, *document["buffers"][1:]],
        "bufferViews": views,
        "accessors": accessors,
        "animations": [*_objects(document, "animations"), animation],
    }
    return document, bytes(data)


def packed(document: dict[str, Any], binary: bytes, others: bytes = b"") -> bytes:
    """The bytes of a .glb of its JSON, its first buffer, and chunks of extensions as they stand.

    Raises:
        TakeError: it would be larger than a .glb can be.
    """
    binary += b"\0" * (-len(binary) % ALIGNMENT)
    text = json_text.dump(document, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % ALIGNMENT)
    size = 28 + len(text) + len(binary) + len(others)
    if size > _MOST_FILE:
        raise TakeError("with this take it would be larger than the 4 GB that a .glb can be; split the take")
    head = struct.pack("<4sIIII", MAGIC, 2, size, len(text), JSON_CHUNK)
    return head + text + struct.pack("<II", len(binary), BINARY_CHUNK) + binary + others


def _notes(driven: dict[int, Any], names: Sequence[str], first: int) -> list[str]:
    """What was not animated."""
    columns = {column for _, moves in driven.values() for _, column, _ in moves}
    left = [name for column, name in enumerate(names) if column not in columns]
    told = []
    if left:
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        told.append(f"{len(left)} of the map's {len(names)} controls move nothing in it: {', '.join(left[:3])}{more}")
    if first:
        told.append(f"{first} frames before second 0 of the sound are left out, as glTF has no such times")
    return told
