"""A model whose products with learnt weights are done in 8 bits: less than half the time, a third of the size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SIGN = 128
"""What makes a signed byte an unsigned one of the same place in its range."""


def quantise(exact: Path, small: Path, kept: Sequence[str]) -> None:
    """Writes a quantised copy of a model.

    Weights are unsigned: processors without VNNI multiply unsigned with signed bytes by adding pairs of products in 16
    bits, where large ones saturate, so that the same file would give other features there.

    Args:
        exact: the model.
        small: where to write the copy.
        kept: names of the nodes that stay exact.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        exact,
        small,
        op_types_to_quantize=["MatMul"],
        nodes_to_exclude=list(kept),
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )
    make_weights_unsigned(small)


def make_weights_unsigned(path: Path) -> None:
    """Writes a model anew with the weights and zero points of its integer products moved from -128..127 to 0..255."""
    import onnx
    from onnx import TensorProto, numpy_helper

    model = onnx.load(path)
    products = [node for node in model.graph.node if node.op_type == "MatMulInteger"]
    moved = {name for node in products for name in (node.input[1], node.input[3])}
    for tensor in model.graph.initializer:
        if tensor.name in moved and tensor.data_type == TensorProto.INT8:
            unsigned = (numpy_helper.to_array(tensor).astype("int16") + SIGN).astype("uint8")
            tensor.CopyFrom(numpy_helper.from_array(unsigned, tensor.name))
    onnx.save(model, path)
