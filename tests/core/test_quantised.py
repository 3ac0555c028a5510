"""Tests of facetake.inference.quantised: weights in 8 bits that give the same on every processor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

onnx = pytest.importorskip("onnx")

from facetake.inference.quantised import quantise  # noqa: E402
from facetake.inference.verified import SHIPPED  # noqa: E402


def types_of_weights(path: Path) -> set[int]:
    """The types of all weights and zero points that a model's integer products read."""
    graph = onnx.load(path).graph
    stored = {tensor.name: tensor.data_type for tensor in graph.initializer}
    products = [node for node in graph.node if node.op_type == "MatMulInteger"]
    return {stored[name] for node in products for name in (node.input[1], node.input[3])}


def test_shipped_networks_hold_unsigned_weights_only() -> None:
    """No product of the ear pairs signed weights with unsigned inputs, which some processors saturate."""
    assert types_of_weights(SHIPPED / "ear.onnx") == {onnx.TensorProto.UINT8}


def test_a_quantised_product_is_unsigned_and_near(tmp_path: Path) -> None:
    """Products of the largest weights are those of the exact model, to the step of 8 bits."""
    rng = np.random.default_rng(0)
    weight = rng.choice(np.array([-1.0, 1.0], np.float32), (64, 16))  # each product is as large as it can be
    helper = onnx.helper
    ends = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, n]) for name, n in (("x", 64), ("y", 16))
    ]
    node = helper.make_node("MatMul", ["x", "w"], ["y"], name="product")
    graph = helper.make_graph([node], "one", ends[:1], ends[1:], [onnx.numpy_helper.from_array(weight, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "a.onnx")
    quantise(tmp_path / "a.onnx", tmp_path / "b.onnx", kept=[])
    x = np.abs(rng.standard_normal((8, 64))).astype(np.float32)
    found = onnxruntime.InferenceSession(tmp_path / "b.onnx").run(None, {"x": x})[0]

    assert types_of_weights(tmp_path / "b.onnx") == {onnx.TensorProto.UINT8}
    assert np.abs(found - x @ weight).max() <= 64 * x.max() / 255
