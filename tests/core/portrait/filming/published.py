"""Files as others publish their networks, with random numbers in them: the names and shapes, written down on their own.

Nothing here asks the networks of Facetake what they look like.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

# The house forbids pickle in the engine; the tests write files with it, as others do
pickle: Any = __import__("pickle")
Tensors = dict[str, Tensor]


class Layout:
    """Collects tensors by name."""

    def __init__(self, seed: int = 0) -> None:
        """Seeds the numbers."""
        self.tensors: Tensors = {}
        self._random = torch.Generator().manual_seed(seed)

    def conv(self, name: str, *shape: int, bias: bool = False) -> None:
        """A convolution or a linear layer: outputs, inputs, kernel."""
        fan = float(torch.tensor(shape[1:]).prod())
        self.tensors[f"{name}.weight"] = torch.randn(shape, generator=self._random) * (2.0 / fan) ** 0.5
        if bias:
            self.tensors[f"{name}.bias"] = torch.zeros(shape[0])

    def norm(self, name: str, width: int, counted: bool = True) -> None:
        """A batch normalisation; old files do not count batches."""
        for part, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            self.tensors[f"{name}.{part}"] = torch.full((width,), value)
        if counted:
            self.tensors[f"{name}.num_batches_tracked"] = torch.tensor(7)


def syncnet(path: Path) -> Path:
    """`syncnet_v2.model`."""
    layout = Layout()
    for tower, rows in {
        "netcnnaud": "0 64 1 3 3|4 192 64 3 3|8 384 192 3 3|11 256 384 3 3|14 256 256 3 3|18 512 256 5 4",
        "netcnnlip": "0 96 3 5 7 7|4 256 96 1 5 5|8 256 256 1 3 3|11 256 256 1 3 3|14 256 256 1 3 3|18 512 256 1 6 6",
        "netfcaud": "0 512 512|3 1024 512",
        "netfclip": "0 512 512|3 1024 512",
    }.items():
        for row in rows.split("|"):
            place, *shape = map(int, row.split())
            layout.conv(f"{tower}.{place}", *shape, bias=True)
            if shape[0] != 1024:
                layout.norm(f"{tower}.{place + 1}", shape[0])
    torch.save(layout.tensors, path / "syncnet_v2.model")
    return path / "syncnet_v2.model"


def arcface(path: Path, depths: tuple[int, ...] = (2, 2, 2, 2)) -> Path:
    """`backbone.pth` of arcface_torch, of the depth that is called r18 unless told otherwise."""
    layout = Layout()
    layout.conv("conv1", 64, 3, 3, 3)
    layout.norm("bn1", 64)
    layout.tensors["prelu.weight"] = torch.full((64,), 0.25)
    n_in = 64
    for stage, (width, depth) in enumerate(zip((64, 128, 256, 512), depths, strict=True), start=1):
        for block in range(depth):
            name = f"layer{stage}.{block}"
            layout.norm(f"{name}.bn1", n_in)
            layout.conv(f"{name}.conv1", width, n_in, 3, 3)
            layout.norm(f"{name}.bn2", width)
            layout.tensors[f"{name}.prelu.weight"] = torch.full((width,), 0.25)
            layout.conv(f"{name}.conv2", width, width, 3, 3)
            layout.norm(f"{name}.bn3", width)
            if block == 0:
                layout.conv(f"{name}.downsample.0", width, n_in, 1, 1)
                layout.norm(f"{name}.downsample.1", width)
            n_in = width
    layout.norm("bn2", 512)
    layout.conv("fc", 512, 512 * 7 * 7, bias=True)
    layout.norm("features", 512)
    torch.save(layout.tensors, path / "backbone.pth")
    return path / "backbone.pth"


def vggface2(path: Path) -> Path:
    """`resnet50_ft_weight.pkl`: numpy arrays in a pickle; its classifier knows 8631 people, this one 9."""
    layout = Layout()
    layout.conv("conv1", 64, 3, 7, 7)
    layout.norm("bn1", 64, counted=False)
    n_in = 64
    for stage, (width, depth) in enumerate(zip((64, 128, 256, 512), (3, 4, 6, 3), strict=True), start=1):
        for block in range(depth):
            name = f"layer{stage}.{block}"
            for place, (n_out, ins, kernel) in enumerate(
                ((width, n_in, 1), (width, width, 3), (4 * width, width, 1)), start=1
            ):
                layout.conv(f"{name}.conv{place}", n_out, ins, kernel, kernel)
                layout.norm(f"{name}.bn{place}", n_out, counted=False)
            if block == 0:
                layout.conv(f"{name}.downsample.0", 4 * width, n_in, 1, 1)
                layout.norm(f"{name}.downsample.1", 4 * width, counted=False)
            n_in = 4 * width
    layout.conv("fc", 9, 2048, bias=True)
    arrays = {name: tensor.numpy() for name, tensor in layout.tensors.items()}
    (path / "resnet50_ft_weight.pkl").write_bytes(pickle.dumps(arrays, 2))
    return path / "resnet50_ft_weight.pkl"


def vgg(path: Path, depth: int = 16) -> Path:
    """`vgg16-397923af.pth` or `vgg19-dcbb9e9d.pth`; the last layers of the classifier, which are large, are small."""
    name, rows = {
        16: ("vgg16-397923af.pth", "0 2|5 7|10 12 14|17 19 21 24 26 28"),
        19: ("vgg19-dcbb9e9d.pth", "0 2|5 7|10 12 14 16|19 21 23 25 28 30 32 34"),
    }[depth]
    layout = Layout()
    n_in = 3
    for width, places in zip((64, 128, 256, 512), rows.split("|"), strict=True):
        for place in places.split():
            layout.conv(f"features.{place}", width, n_in, 3, 3, bias=True)
            n_in = width
    for number in (0, 3, 6):
        layout.conv(f"classifier.{number}", 9, 9, bias=True)
    torch.save(layout.tensors, path / name)
    return path / name


def inception(path: Path) -> Path:
    """`pt_inception-2015-12-05-6726825d.pth`."""
    layout = Layout()
    for name, shape in _inception():
        layout.conv(f"{name}.conv", *shape)
        layout.norm(f"{name}.bn", shape[0])
    layout.conv("fc", 1008, 2048, bias=True)
    torch.save(layout.tensors, path / "pt_inception-2015-12-05-6726825d.pth")
    return path / "pt_inception-2015-12-05-6726825d.pth"


def _inception() -> Iterator[tuple[str, tuple[int, ...]]]:
    """The convolutions: block and layer, outputs, inputs, height and width."""
    stem = (
        "Conv2d_1a_3x3 32 3 3 3|Conv2d_2a_3x3 32 32 3 3|Conv2d_2b_3x3 64 32 3 3|Conv2d_3b_1x1 80 64 1 1|"
        "Conv2d_4a_3x3 192 80 3 3"
    )
    yield from _rows("", stem)
    dbl = "branch3x3dbl_2 96 64 3 3|branch3x3dbl_3 96 96 3 3"
    for letter, n_in, pool in (("b", 192, 32), ("c", 256, 64), ("d", 288, 64)):
        yield from _rows(
            f"Mixed_5{letter}.",
            f"branch1x1 64 {n_in} 1 1|branch5x5_1 48 {n_in} 1 1|"
            f"branch5x5_2 64 48 5 5|branch3x3dbl_1 64 {n_in} 1 1|{dbl}|"
            f"branch_pool {pool} {n_in} 1 1",
        )
    yield from _rows("Mixed_6a.", f"branch3x3 384 288 3 3|branch3x3dbl_1 64 288 1 1|{dbl}")
    for letter, c in (("b", 128), ("c", 160), ("d", 160), ("e", 192)):
        yield from _rows(
            f"Mixed_6{letter}.",
            f"branch1x1 192 768 1 1|branch7x7_1 {c} 768 1 1|branch7x7_2 {c} {c} 1 7|"
            f"branch7x7_3 192 {c} 7 1|branch7x7dbl_1 {c} 768 1 1|branch7x7dbl_2 {c} {c} 7 1|"
            f"branch7x7dbl_3 {c} {c} 1 7|branch7x7dbl_4 {c} {c} 7 1|branch7x7dbl_5 192 {c} 1 7|"
            "branch_pool 192 768 1 1",
        )
    yield from _rows(
        "Mixed_7a.",
        "branch3x3_1 192 768 1 1|branch3x3_2 320 192 3 3|branch7x7x3_1 192 768 1 1|"
        "branch7x7x3_2 192 192 1 7|branch7x7x3_3 192 192 7 1|branch7x7x3_4 192 192 3 3",
    )
    for letter, n_in in (("b", 1280), ("c", 2048)):
        yield from _rows(
            f"Mixed_7{letter}.",
            f"branch1x1 320 {n_in} 1 1|branch3x3_1 384 {n_in} 1 1|"
            f"branch3x3_2a 384 384 1 3|branch3x3_2b 384 384 3 1|branch3x3dbl_1 448 {n_in} 1 1|"
            "branch3x3dbl_2 384 448 3 3|branch3x3dbl_3a 384 384 1 3|branch3x3dbl_3b 384 384 3 1|"
            f"branch_pool 192 {n_in} 1 1",
        )


def _rows(before: str, text: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    for row in text.split("|"):
        name, *shape = row.split()
        yield before + name, tuple(map(int, shape))


def emonet(path: Path, outputs: tuple[str, str] = ("valence", "arousal"), side: int = 256, each: int = 1) -> Path:
    """An ONNX export as EmoNet's would be; valence is how much more red than blue a face is, arousal is its green.

    each: numbers that it gives of either, to be wrong.
    """
    import onnx
    from onnx import TensorProto, helper

    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["batch", 3, side, side])
    told = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    rows = {"of_valence": [1.0, 0.0, -1.0], "of_arousal": [0.0, 1.0, 0.0]}
    weights = [helper.make_tensor(name, TensorProto.FLOAT, [3, each], row * each) for name, row in rows.items()]
    nodes = [
        helper.make_node("GlobalAveragePool", ["picture"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["means"]),
        *(helper.make_node("MatMul", ["means", name], [out]) for name, out in zip(rows, outputs, strict=True)),
    ]
    graph = helper.make_graph(nodes, "emonet", [picture], told, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path / "emonet_8.onnx")
    return path / "emonet_8.onnx"
