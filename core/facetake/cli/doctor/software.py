"""What is installed: Python, Facetake, the packages it needs and those of its extras."""

from __future__ import annotations

import platform
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from facetake import __version__, inference
from facetake.cli.doctor.extras import EXTRAS, lacking, version_of
from facetake.cli.doctor.finding import Diagnosis, shortened
from facetake.errors import ModelError

NEEDED: Final = {
    "numpy": "numpy",
    "scipy": "scipy",
    "soundfile": "soundfile",
    "soxr": "soxr",
}
"""What Facetake cannot do without, and the module that is imported of it."""
OLDEST = (3, 11)  # of Python, as `requires-python` in pyproject.toml
NEWEST = (3, 13)  # likewise


def python() -> list[Diagnosis]:
    """Python, the system and Facetake itself."""
    version = platform.python_version()
    fits = OLDEST <= sys.version_info[:2] <= NEWEST
    return [
        Diagnosis("system", platform.platform(), facts={"system": platform.system(), "machine": platform.machine()}),
        Diagnosis(
            "python",
            f"{version} at {shortened(sys.executable)}",
            "" if fits else "install Facetake with Python 3.11, 3.12 or 3.13",
            {"version": version, "executable": shortened(sys.executable)},
        ),
        Diagnosis(
            "facetake",
            f"{__version__} at {shortened(Path(__file__).parents[2])}",
            facts={"version": __version__, "place": shortened(Path(__file__).parents[2])},
        ),
    ]


def dependencies() -> list[Diagnosis]:
    """The packages that Facetake cannot do without."""
    found = {package: _version(package, module) for package, module in NEEDED.items()}
    missing = [package for package, version in found.items() if version is None]
    told = ", ".join(f"{package} {version or 'missing'}" for package, version in found.items())
    advice = f"pip install {' '.join(missing)}" if missing else ""
    return [Diagnosis("packages", told, advice, found), _runtime()]


def _runtime() -> Diagnosis:
    """What runs the networks."""
    try:
        package = inference.runtime_package()
    except ModelError as error:
        return Diagnosis("runtime", "not as it should be", str(error))
    version = version_of(package)
    return Diagnosis("runtime", f"{package} {version}", facts={"package": package, "version": version})


def _version(package: str, module: str) -> str | None:
    """The version of a package; None where there is none."""
    return None if find_spec(module) is None else version_of(package) or "of unknown version"


def extras() -> list[Diagnosis]:
    """What each extra brings: none has to be there."""
    findings = []
    for extra, packages in EXTRAS.items():
        missing = lacking(extra)
        versions = {package: version_of(package) for package in packages}
        if missing and extra in inference.RUNTIMES.values():
            told = "not installed; one of cpu and gpu is enough"
        elif missing:
            told = f'without {", ".join(missing)}; to get it: pip install "facetake[{extra}]"'
        else:
            told = ", ".join(f"{package} {version or 'of unknown version'}" for package, version in versions.items())
            told += _lacks_model() if extra == "landmarks" else ""
        findings.append(Diagnosis(f"extra {extra}", told, facts={"is_there": not missing, **versions}))
    return findings


def _lacks_model() -> str:
    """What follows MediaPipe's version where the package has no model inside, as newer ones; it is not imported."""
    found = find_spec("mediapipe")
    if found is None or found.origin is None or (Path(found.origin).parent / "python" / "solutions").is_dir():
        return ""
    return "; without its face_landmarker.task, which --landmarker names"
