"""A model folder: models.toml, the graphs it declares, the movement beside them, and a user's network of faces.

Hashes in models.toml are those of the damaged files, as whoever makes a folder can write what they like.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from attack import arrays, hostile
from attack.damage import damaged
from attack.door import Case, Door, Open
from facetake import inference, rig
from facetake.emotion import EMOTIONS
from facetake.generate import GenerateOptions, generate
from facetake.inference.affect import open_affect
from facetake.inference.audio_emotion import audio_emotion_metadata
from facetake.motion.expression import Movement
from facetake.visemes import VISEMES

FEATURES = 4
VOICE = 3
C = rig.N_CONTROLS
K = len(EMOTIONS)
V = len(VISEMES)
LOUD: Final = (np.random.default_rng(0).normal(size=4000) * 0.1).astype(np.float32)


@dataclass(frozen=True)
class Whole:
    """A small whole folder, by file, and what is heard with it."""

    files: dict[str, bytes]
    movement: dict[str, np.ndarray]
    sound: Path


def prepare(folder: Path) -> Whole:
    """Graphs of a few products each, in a folder that generates and restyles."""
    import soundfile as sf

    made = {name: build().SerializeToString() for name, build in BUILD.items()}
    made["audio2rig"] = with_metadata(made["audio2rig"], ear_sha256=digest(made["ear"]))
    made["audio_emotion"] = with_metadata(made["audio_emotion"], ear_sha256=digest(made["ear"]))
    dice = np.random.default_rng(0)
    movement = {
        "tracks": dice.normal(size=(200, 5)).astype(np.float32) * 0.1,
        "voice": dice.normal(size=200).astype(np.float32),
        "ends": np.array([120, 200]),
        "modes": dice.normal(size=(5, C)).astype(np.float32) * 0.01,
        "mirror": np.arange(5),
        "controls": np.array(rig.NAMES),
    }
    held = io.BytesIO()
    np.savez(held, **movement)  # type: ignore[arg-type]
    files = {**{f"{name}.onnx": data for name, data in made.items()}, "motion.npz": held.getvalue()}
    put(folder, files)
    sf.write(folder / "a.wav", LOUD, 16_000)
    for use in USES.values():
        use(folder, folder / "a.wav")
    return Whole(files, movement, folder / "a.wav")


def put(folder: Path, files: dict[str, bytes], table: bytes | None = None) -> None:
    """Writes a folder's files, and models.toml with their hashes."""
    rows = []
    for name, data in files.items():
        (folder / name).write_bytes(data)
        rows.append(f'[{name.partition(".")[0]}]\nfile = "{name}"\nsha256 = "{digest(data)}"\ntrained_on = []\n')
    (folder / "models.toml").write_bytes("\n".join(rows).encode() if table is None else table)


def digest(data: bytes) -> str:
    """A file's hash, as models.toml has it."""
    return hashlib.sha256(data).hexdigest()


def _graph(
    name: str,
    nodes: list[Any],
    inputs: dict[str, Any],
    outputs: dict[str, Any],
    constants: dict[str, Any],
    about: dict[str, str],
) -> Any:
    from onnx import TensorProto, helper, numpy_helper

    def values(shapes: dict[str, Any]) -> list[Any]:
        return [helper.make_tensor_value_info(one, TensorProto.FLOAT, shape) for one, shape in shapes.items()]

    stored = [numpy_helper.from_array(np.asarray(value), one) for one, value in constants.items()]
    graph = helper.make_graph(nodes, name, values(inputs), values(outputs), stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, about)
    return model


def ear() -> Any:
    """Features, visemes and voice of the level of the sound, as many frames as there are."""
    from onnx import helper

    node = helper.make_node
    nodes = [
        node("Shape", ["audio"], ["shape"]),
        node("Gather", ["shape", "one"], ["s"]),
        node("Mul", ["s", "sixty"], ["m"]),
        node("Add", ["m", "half"], ["h"]),
        node("Div", ["h", "rate"], ["t"]),
        node("ReduceMean", ["audio"], ["level"], keepdims=0),
    ]
    for name in ("features", "visemes", "voice"):
        nodes += [
            node("Concat", ["one", "t", f"{name}_n"], [f"{name}_s"], axis=0),
            node("Add", ["level", f"{name}_0"], [f"{name}_a"]),
            node("Expand", [f"{name}_a", f"{name}_s"], [name]),
        ]
    sizes = {"features": FEATURES, "visemes": V, "voice": VOICE}
    constants: dict[str, Any] = {
        "one": np.array([1]),
        "sixty": np.array([60]),
        "half": np.array([8000]),
        "rate": np.array([16_000]),
    }
    constants |= {f"{name}_n": np.array([size]) for name, size in sizes.items()}
    constants |= {
        f"{name}_0": np.full((1, 1, 1), np.log(1 / V) if name == "visemes" else 0.1, np.float32) for name in sizes
    }
    outputs = {name: [1, "T", size] for name, size in sizes.items()}
    return _graph("ear", nodes, {"audio": [1, "S"]}, outputs, constants, inference.ear_metadata())


def audio2rig() -> Any:
    """Curves by one product each of features and emotion."""
    from onnx import helper

    node = helper.make_node
    nodes = [
        node("MatMul", ["features", "a"], ["x"]),
        node("MatMul", ["emotion", "b"], ["y"]),
        node("Add", ["x", "y"], ["curves"]),
    ]
    inputs = {"features": [1, "T", FEATURES], "emotion": [1, "T", K]}
    constants = {"a": np.full((FEATURES, C), 0.01, np.float32), "b": np.full((K, C), 0.01, np.float32)}
    return _graph("audio2rig", nodes, inputs, {"curves": [1, "T", C]}, constants, inference.audio2rig_metadata())


def restyler() -> Any:
    """Curves, a little of the style added."""
    from onnx import helper

    node = helper.make_node
    nodes = [node("MatMul", ["style", "a"], ["x"]), node("Add", ["curves", "x"], ["restyled"])]
    about = {**inference.restyler_metadata(), "actors": json.dumps(["bruno"])}
    inputs = {"curves": ["B", "T", C], "style": ["B", "T", K + 1]}
    outputs = {"restyled": ["B", "T", C]}
    return _graph("restyler", nodes, inputs, outputs, {"a": np.full((K + 1, C), 0.001, np.float32)}, about)


def viseme_classifier() -> Any:
    """Visemes and styles by a product each."""
    from onnx import helper

    node = helper.make_node
    nodes = [
        step
        for name in ("visemes", "styles")
        for step in (
            node("MatMul", ["curves", f"{name}_w"], [f"{name}_x"]),
            node("LogSoftmax", [f"{name}_x"], [name], axis=-1),
        )
    ]
    about = {**inference.classifier_metadata(), "actors": json.dumps(["bruno"])}
    outputs = {"visemes": ["B", "T", V], "styles": ["B", "T", K + 1]}
    constants = {"visemes_w": np.ones((C, V), np.float32), "styles_w": np.ones((C, K + 1), np.float32)}
    return _graph("viseme_classifier", nodes, {"curves": ["B", "T", C]}, outputs, constants, about)


def audio_emotion() -> Any:
    """An emotion by one product of the voice."""
    from onnx import helper

    nodes = [
        helper.make_node("MatMul", ["voice", "a"], ["x"]),
        helper.make_node("Softmax", ["x"], ["emotion"], axis=-1),
    ]
    about = {**audio_emotion_metadata(), "usual": json.dumps([0.0] * 2 * VOICE), "threshold": "0.5"}
    return _graph(
        "audio_emotion",
        nodes,
        {"voice": [1, 2 * VOICE]},
        {"emotion": [1, K]},
        {"a": np.random.default_rng(1).normal(size=(2 * VOICE, K)).astype(np.float32)},
        about,
    )


def affect() -> Any:
    """Valence and arousal of a picture."""
    from onnx import helper

    nodes = [helper.make_node("ReduceMean", ["picture"], [name], keepdims=0) for name in ("valence", "arousal")]
    return _graph("affect", nodes, {"picture": [1, 3, 256, 256]}, {"valence": [], "arousal": []}, {}, {})


BUILD: Final[dict[str, Callable[[], Any]]] = {
    "ear": ear,
    "audio2rig": audio2rig,
    "restyler": restyler,
    "viseme_classifier": viseme_classifier,
    "audio_emotion": audio_emotion,
    "affect": affect,
}


def with_metadata(data: bytes, **about: str) -> bytes:
    """A graph that says more of itself."""
    import onnx

    model = onnx.load_from_string(data)
    for name, value in about.items():
        model.metadata_props.add(key=name, value=value)
    return bytes(model.SerializeToString())


def _generate(folder: Path, sound: Path, mood: str = "happy:0.5") -> None:
    made = generate(sound, GenerateOptions(emotion=mood), inference.load(folder, 1))
    assert np.all((made.take.values >= rig.MINIMUM) & (made.take.values <= rig.MAXIMUM)), "a value is out of range"


def _restyle(folder: Path, _sound: Path) -> None:
    models = inference.load_restyling(folder, 1)
    code = np.zeros(len(models.restyler.styles), np.float32)
    made = models.restyler.restyle(np.tile(rig.NEUTRAL, (5, 1)).astype(np.float32), code)
    assert made.shape == (5, C), f"curves are {made.shape}"
    visemes, styles = models.classifier.read(np.tile(rig.NEUTRAL, (5, 1)).astype(np.float32))
    assert visemes.shape == (5, V) and styles.shape == (5, K), "visemes are of another shape"


def _affect(folder: Path, _sound: Path) -> None:
    assert np.isfinite(open_affect(folder / "affect.onnx", 1).look(np.zeros((256, 256, 3), np.float32))).all()


def _movement(folder: Path, _sound: Path) -> None:
    found = inference.open_motion(folder)
    if found is not None:
        _play(found)


def _play(found: Movement) -> None:
    from facetake.motion import expression

    values = np.tile(rig.NEUTRAL, (30, 1)).astype(np.float32)
    mood = np.zeros((30, K), np.float32)
    mood[:, 1] = 1.0
    poses = np.tile(rig.NEUTRAL, (K, 1)).astype(np.float32)
    expression.add(values, np.linspace(-60, -20, 30), np.ones(30, np.float32), mood, poses, 1, movement=found)
    assert np.isfinite(values).all(), "movement moves by what is no number"


def _heard(folder: Path, sound: Path) -> None:
    _generate(folder, sound, "auto")


USES: Final[dict[str, Callable[[Path, Path], None]]] = {
    "generate": _generate,
    "hear": _heard,
    "restyle": _restyle,
    "affect": _affect,
    "movement": _movement,
}
_TOUCHED: Final = {
    "generate": ("ear", "audio2rig"),
    "hear": ("ear", "audio_emotion"),
    "restyle": ("restyler", "viseme_classifier"),
    "affect": ("affect",),
    "movement": ("motion",),
}


def make(whole: Whole, case: Case) -> Open:
    """A folder of which one file, or the table, is another."""
    dice = case.dice
    use = dice.choice(list(USES))
    name = dice.choice(_TOUCHED[use])
    files = dict(whole.files)
    table = None
    kind = dice.random()
    if kind < 0.12:
        table = _table(files, dice, case.outside)
    elif name == "motion":
        files["motion.npz"] = (
            arrays.npz(arrays.changed(whole.movement, dice), dice)
            if kind < 0.85
            else damaged(files["motion.npz"], dice)
        )
    else:
        data = files[f"{name}.onnx"]
        files[f"{name}.onnx"] = _respelt(data, dice) if kind < 0.85 else damaged(data, dice)
    if name == "ear" and dice.random() < 0.9:
        mark = digest(files["ear.onnx"])
        for other in ("audio2rig", "audio_emotion"):
            files[f"{other}.onnx"] = files[f"{other}.onnx"].replace(
                digest(whole.files["ear.onnx"]).encode(), mark.encode()
            )
    put(case.folder, files, table)
    return lambda: USES[use](case.folder, whole.sound)


def _table(files: dict[str, bytes], dice: random.Random, outside: Path) -> bytes:
    rows = {name.partition(".")[0]: {"file": name, "sha256": digest(data)} for name, data in files.items()}
    changed = hostile.respelt(rows, dice)
    if not isinstance(changed, dict):
        return json.dumps(changed).encode("utf-8", "surrogatepass")
    lines = []
    for name, row in changed.items():
        lines.append(f"[{json.dumps(name)}]")
        for key, value in row.items() if isinstance(row, dict) else [("file", row)]:
            text = json.dumps(value if dice.random() < 0.9 else hostile.name(dice, outside))
            lines.append(f"{json.dumps(key)} = {text}")
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _respelt(data: bytes, dice: random.Random) -> bytes:
    """A graph that opens, perhaps, and does something else than its name says."""
    import onnx

    model = onnx.load_from_string(data)
    for _ in range(dice.choice((1, 1, 1, 2))):
        dice.choice(_CHANGES)(model, dice)
    if dice.random() < 0.04 and model.graph.initializer:
        _keep_outside(model.graph.initializer[0], dice)
    return bytes(model.SerializeToString())


_SAYINGS: Final = (
    "",
    "[]",
    "null",
    "NaN",
    "1e400",
    "[" * 3000,
    "{}",
    '["a", "a"]',
    "[1, 2]",
    "0",
    "2",
    '["\\u0000"]',
    '["\\u001b[2J"]',
)


def _other_saying(model: Any, dice: random.Random) -> None:
    if model.metadata_props:
        row = dice.choice(model.metadata_props)
        row.value = dice.choice((*_SAYINGS, row.value + " "))


def _no_saying(model: Any, dice: random.Random) -> None:
    if model.metadata_props:
        del model.metadata_props[dice.randrange(len(model.metadata_props))]


def _other_weights(model: Any, dice: random.Random) -> None:
    from onnx import numpy_helper

    if not model.graph.initializer:
        return
    tensor = dice.choice(model.graph.initializer)
    array = arrays.changed({"a": numpy_helper.to_array(tensor)}, dice, 1).get("a")
    if array is not None and array.dtype.kind in "fiub" and array.size < 10**5:
        plain = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("=")))
        tensor.CopyFrom(numpy_helper.from_array(plain, tensor.name))


def _scaled_weights(model: Any, dice: random.Random) -> None:
    from onnx import numpy_helper

    if not model.graph.initializer:
        return
    tensor = dice.choice(model.graph.initializer)
    value = numpy_helper.to_array(tensor)
    with np.errstate(all="ignore"):
        other = (value * dice.choice((0, -1, 2, 1e30, np.nan, np.inf, 10**9))).astype(value.dtype)
    tensor.CopyFrom(numpy_helper.from_array(other, tensor.name))


def _other_shape(model: Any, dice: random.Random) -> None:
    dims = dice.choice([*model.graph.input, *model.graph.output]).type.tensor_type.shape.dim
    if len(dims):
        dice.choice(list(dims)).dim_value = dice.choice((0, 1, 2, 7, 16, 174, 2**31, 2**62))


def _other_type(model: Any, dice: random.Random) -> None:
    from onnx import TensorProto

    kinds = (TensorProto.DOUBLE, TensorProto.INT64, TensorProto.STRING, TensorProto.FLOAT16)
    dice.choice([*model.graph.input, *model.graph.output]).type.tensor_type.elem_type = dice.choice(kinds)


def _other_deed(model: Any, dice: random.Random) -> None:
    names = ("Identity", "Neg", "Sqrt", "Log", "Transpose", "Exp", "ReduceSum", "Nothing", "Relu", "Reciprocal")
    dice.choice(model.graph.node).op_type = dice.choice(names)


def _other_domain(model: Any, dice: random.Random) -> None:
    dice.choice(model.graph.node).domain = dice.choice(("", "com.microsoft", "ai.onnx.ml", "x"))


def _behind_an_output(model: Any, dice: random.Random) -> None:
    from onnx import helper

    _behind(model.graph, dice.choice(model.graph.output).name, dice, helper)


def _fewer_outputs(model: Any, dice: random.Random) -> None:
    if len(model.graph.output) > 1:
        del model.graph.output[dice.randrange(len(model.graph.output))]


def _more_outputs(model: Any, dice: random.Random) -> None:
    from onnx import TensorProto, helper

    other = helper.make_tensor_value_info("other", TensorProto.FLOAT, [1])
    model.graph.output.append(model.graph.output[0] if dice.random() < 0.5 else other)


_CHANGES: Final = (
    _other_saying,
    _no_saying,
    _other_weights,
    _other_weights,
    _scaled_weights,
    _other_shape,
    _other_type,
    _other_deed,
    _behind_an_output,
    _fewer_outputs,
    _other_domain,
    _more_outputs,
)


def _keep_outside(tensor: Any, dice: random.Random) -> None:
    """Weights that are said to lie in a file of their own."""
    from onnx import TensorProto

    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    place = dice.choice(("../somebody's work.txt", "/dev/zero", "nothing", "models.toml"))
    for key, value in (("location", place), ("length", "8")):
        tensor.external_data.add(key=key, value=value)


def _behind(graph: Any, last: str, dice: random.Random, helper: Any) -> None:
    """Something done to an output on its way out, which nothing but a run shows."""
    for node in graph.node:
        for place, name in enumerate(node.output):
            if name == last:
                node.output[place] = "before"
    kind = dice.randrange(5)
    if kind == 0:
        graph.node.append(helper.make_node("ReduceMean", ["before"], [last], keepdims=dice.choice((0, 1))))
    elif kind == 1:
        graph.node.append(helper.make_node("Concat", ["before", "before"], [last], axis=dice.choice((0, 1, -1))))
    elif kind == 2:
        graph.node.append(helper.make_node("Squeeze", ["before"], [last]))
    elif kind == 3:
        graph.node.append(helper.make_node("Log", ["before"], ["log"]))
        graph.node.append(helper.make_node("Sqrt", ["log"], [last]))
    else:
        graph.node.append(helper.make_node("Transpose", ["before"], [last]))


DOOR: Final = Door(
    "models", "model folders and networks", prepare, make, weight=5.0, needs=("onnx",), asks_for_much=True
)
