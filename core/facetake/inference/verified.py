"""Model files that are what models.toml says they are, opened.

Knows nothing of what a model does.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

import numpy as np

from facetake import files, rig
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ
from facetake.config import read_table
from facetake.errors import ConfigError, ModelError, Notice
from facetake.files import json_text, reason
from facetake.files.quantities import shown

if TYPE_CHECKING:
    import onnxruntime

# newer versions of ONNX Runtime report their use to their maker unless told otherwise before they are loaded; nothing
# goes to the network unasked, and who sets the variable has asked
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

MODEL_VERSION = 1
"""Goes up where a model of before would be taken and mean something else: where names, shapes, rates and controls,
which are looked at too, do not tell it. No such change has been made yet."""

_SHOWN = 160  # characters of what onnxruntime says, which may be paragraphs
SHIPPED = Path(__file__).parents[1] / "models"  # `core/facetake/models`, in a wheel, too


RUNTIMES: Final[Mapping[str, str]] = {"onnxruntime": "cpu", "onnxruntime-gpu": "gpu"}
"""The packages that bring ONNX Runtime, and the extra that names each. Both own the same files."""
CARD: Final = "CUDAExecutionProvider"
PROCESSOR: Final = "CPUExecutionProvider"


def runtime_package() -> str:
    """The package that ONNX Runtime comes from.

    Raises:
        ModelError: it is not installed, or two packages of it are.
    """
    found = [package for package in RUNTIMES if _is_installed(package)]
    if len(found) > 1:
        raise ModelError(
            f"{' and '.join(found)} are both installed and own the same files; run: pip uninstall -y "
            f'{" ".join(found)}, then pip install "facetake[cpu]", or "facetake[gpu]" for an NVIDIA card'
        )
    if not found:
        raise ModelError(
            'ONNX Runtime, which runs the networks, is not installed; pip install "facetake[cpu]", or "facetake[gpu]" '
            "for an NVIDIA card"
        )
    return found[0]


@cache
def _runtime() -> ModuleType:
    """ONNX Runtime, with what its package for cards needs loaded. ModelError where `runtime_package` has none."""
    runtime_package()
    runtime = import_module("onnxruntime")
    if CARD in runtime.get_available_providers():
        runtime.set_default_logger_severity(4)  # it tells at length where there is no card; we do in one line
        with redirect_stdout(StringIO()):  # where a program may be listening for our events
            runtime.preload_dlls()
    return runtime


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True


def session(path: Path, threads: int = 2) -> onnxruntime.InferenceSession:
    """Opens a model file, on a card where ONNX Runtime's package for cards finds one; else that is told once.

    Raises:
        ModelError: onnxruntime cannot read it, or is not installed as it should be.
    """
    runtime = _runtime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry(
        "session.intra_op.allow_spinning", "0"
    )  # leaves the other core to the host application
    providers = [name for name in (CARD, PROCESSOR) if name in runtime.get_available_providers()]
    try:
        running: onnxruntime.InferenceSession = runtime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # onnxruntime raises several untyped errors for a damaged file
        raise ModelError(f"{path} is not a model that ONNX Runtime can read; install it again") from error
    if providers[0] not in running.get_providers():
        warnings.warn("no NVIDIA card can be used here; the processor runs the networks", Notice, stacklevel=2)
    return running


def devices() -> tuple[str, ...]:
    """What the models run on here, as ONNX Runtime names it, the first choice first."""
    running = session(SHIPPED / declarations(SHIPPED)["viseme_classifier"].file)
    return tuple(name.removesuffix("ExecutionProvider") for name in running.get_providers())


@dataclass(frozen=True)
class Declaration:
    """What models.toml says of one model.

    Attributes:
        file: name of the file beside models.toml.
        sha256: of its bytes.
        about: everything else: training data, configuration, commit, scores.
    """

    file: str
    sha256: str
    about: dict[str, object]


def declarations(folder: Path) -> dict[str, Declaration]:
    """The models that a folder declares, by name.

    Raises:
        ModelError: models.toml is missing or malformed.
    """
    table = folder / "models.toml"
    try:
        files.check(table)
    except OSError as error:
        raise ModelError(
            f"no models in {folder}: models.toml is missing; name a folder made by 'facetake-train export'"
        ) from error
    try:
        rows = read_table(table)
    except ConfigError as error:
        raise ModelError(f"{error}; it is malformed; export the models again") from error
    return {name: _declaration(row, f"{table}: {name}") for name, row in rows.items()}


def _declaration(row: object, where: str) -> Declaration:
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in ("file", "sha256")):
        raise ModelError(f"{where} is malformed: it needs file and sha256; export the models again")
    about = {key: value for key, value in row.items() if key not in ("file", "sha256")}
    if not re.fullmatch(r"[\w.-]+", row["file"]):
        raise ModelError(f"{where} names the file {shown(row['file'])}; a model lies beside its models.toml")
    return Declaration(row["file"], row["sha256"], about)


@dataclass(frozen=True)
class Opened:
    """A verified model.

    Attributes:
        path: its file.
        session: ready to run.
        sha256: of its file.
        numbers: what the file says of itself, as text.
    """

    path: Path
    session: onnxruntime.InferenceSession
    sha256: str
    numbers: Mapping[str, str]

    def run(self, inputs: Mapping[str, F32], **outputs: tuple[int, ...]) -> list[F32]:
        """Runs it. What a graph declares of itself is not all that it does, so that what comes out is looked at.

        Args:
            inputs: by name.
            outputs: the shape that each wanted output must have, by name.

        Returns:
            The outputs in the order of their names here, float32 and finite.

        Raises:
            ModelError: it fails, or gives something else.
        """
        try:
            found: list[F32] = self.session.run(list(outputs), dict(inputs))
        except Exception as error:  # onnxruntime raises several untyped errors where shapes do not go together
            raise ModelError(f"model {self.path} cannot be run ({reason(error)[:_SHOWN]}); export it again") from error
        for (name, shape), made in zip(outputs.items(), found, strict=True):
            if not isinstance(made, np.ndarray) or made.dtype != np.float32 or made.shape != shape:
                gives = f"{made.dtype} {made.shape}" if isinstance(made, np.ndarray) else "no array"
                raise ModelError(f"model {self.path} gives {name} as {gives}, not float32 {shape}; export it again")
            if not np.isfinite(made).all():
                raise ModelError(f"model {self.path} gives {name} that are no numbers; export it again")
        return found


def opened(folder: Path, name: str, expected: Mapping[str, str], threads: int) -> Opened:
    """Opens a model that a folder declares.

    Args:
        folder: holds models.toml and the file.
        name: of the model, such as "audio2rig".
        expected: numbers and names that the file must carry.
        threads: of onnxruntime.

    Raises:
        ModelError: the model is not declared, missing, altered, damaged or of another version.
    """
    declared = declarations(folder)
    if name not in declared:
        raise ModelError(
            f"{folder / 'models.toml'} declares no model named {name}; export one with 'facetake-train export'"
        )
    path = folder / declared[name].file
    if not path.is_file():
        raise ModelError(f"model file {path} is missing; install facetake again or name another folder with --model")
    if files.hash_of(path, ModelError) != declared[name].sha256:
        raise ModelError(
            f"model file {path} has been altered: its hash is not the one in models.toml; install it again"
        )
    running = session(path, threads)
    try:
        numbers = running.get_modelmeta().custom_metadata_map
    except UnicodeDecodeError as error:
        raise ModelError(f"model {path} is damaged: what it says of itself is no text; install it again") from error
    for key, value in expected.items():
        if numbers.get(key) != value:
            found = (numbers.get(key) or "nothing")[:40]
            raise ModelError(
                f"model {path} does not fit this version: its {key} is {found}; export it again with this version"
            )
    return Opened(path, running, declared[name].sha256, numbers)


def common_metadata(name: str) -> dict[str, str]:
    """What every model of this version carries: its name, the version, the frame rate and the rig's controls."""
    return {
        "facetake_model": name,
        "facetake_version": str(MODEL_VERSION),
        "frame_rate_hz": str(FRAME_RATE_HZ),
        "controls": json_text.dump(list(rig.NAMES)),
    }


def check_widths(model: Opened, widths: Mapping[str, int]) -> None:
    """Refuses a model whose inputs or outputs (name to last dimension) are of another shape.

    Raises:
        ModelError: they are.
    """
    values = (*model.session.get_inputs(), *model.session.get_outputs())
    found = {value.name: value.shape[-1] for value in values if value.name in widths and value.shape}
    if found != dict(widths):
        name = model.numbers["facetake_model"]
        raise ModelError(f"model {name} has inputs or outputs of another shape; export it again with this version")
