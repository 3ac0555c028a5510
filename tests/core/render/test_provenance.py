"""Tests of facetake.render.video and content_credentials: what a film says about itself, and how it is signed."""

from __future__ import annotations

import json
import shutil
import subprocess
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("av", reason="video needs PyAV, of the preview extra")

from facetake.errors import RenderError  # noqa: E402  after the skip
from facetake.render import content_credentials  # noqa: E402
from facetake.render.video import (  # noqa: E402
    Provenance,
    SourceFile,
    read_provenance,
    write_video,  # noqa: E402
)

ABOUT = Provenance("audiodvp", (SourceFile("audio", "line.wav", "0" * 64),), "1" * 64)
EXTENSIONS = """basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=emailProtection
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""


def written(path: Path, tags: dict[str, str] | None = None) -> Path:
    """A film of four grey pictures."""
    write_video(path, np.full((4, 64, 64, 3), 90, np.uint8), Fraction(25), tags=tags)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_film_says_what_it_was_told(suffix: str, tmp_path: Path) -> None:
    """All that was written is read again from every container, and the same facts give the same bytes."""
    film = written(tmp_path / f"a{suffix}", ABOUT.tags)
    told = read_provenance(film)
    assert told == json.loads(json.dumps(ABOUT.facts)) and told is not None and told["synthetic"] is True
    if suffix != ".mkv":  # Matroska has a number of its own in each file
        assert written(tmp_path / f"b{suffix}", ABOUT.tags).read_bytes() == film.read_bytes()


def test_what_says_nothing_gives_nothing(tmp_path: Path) -> None:
    """A plain film, one with a comment of somebody else's, and a text are not ours."""
    assert read_provenance(written(tmp_path / "a.mp4")) is None
    assert read_provenance(written(tmp_path / "b.mp4", {"comment": "[1, 2"})) is None
    (tmp_path / "c.mp4").write_text("no film")
    assert read_provenance(tmp_path / "c.mp4") is None


def test_matroska_cannot_be_signed(tmp_path: Path) -> None:
    """A container without a place for a manifest is refused before the film is made."""
    with pytest.raises(RenderError, match="cannot carry content credentials"):
        content_credentials.check(tmp_path / "a.mkv", tmp_path / "c.pem", tmp_path / "k.pem")


@pytest.mark.skipif(find_spec("c2pa") is not None, reason="for where c2pa-python is not installed")
def test_without_the_library_the_remedy_is_named(tmp_path: Path) -> None:
    """The extra that signs is named."""
    with pytest.raises(RenderError, match=r"facetake\[c2pa\]"):
        content_credentials.check(tmp_path / "a.mp4", tmp_path / "c.pem", tmp_path / "k.pem")


def openssl(folder: Path, *words: str) -> None:
    """Runs openssl in a folder."""
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A studio's certificate chain and key, made on the spot."""
    (tmp_path / "ext").write_text(EXTENSIONS)
    for name in ("ca.key", "key.pem"):
        openssl(tmp_path, *f"genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}".split())
    openssl(tmp_path, *"req -x509 -new -key ca.key -days 30 -subj /O=Studio/CN=CA -out ca.pem".split())
    openssl(tmp_path, *"req -new -key key.pem -subj /O=Studio/CN=Films -out leaf.csr".split())
    sign = "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out leaf.pem"
    openssl(tmp_path, *sign.split())
    chain = (tmp_path / "leaf.pem").read_text() + (tmp_path / "ca.pem").read_text()
    (tmp_path / "chain.pem").write_text(chain)
    return tmp_path / "chain.pem", tmp_path / "key.pem"


@pytest.mark.skipif(find_spec("c2pa") is None or shutil.which("openssl") is None, reason="needs c2pa-python, openssl")
def test_a_film_is_signed(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    """The manifest is valid, says that a network made the film, carries its sources, and the tags are still there."""
    film = written(tmp_path / "a.mp4", ABOUT.tags)
    content_credentials.check(film, *certificate)
    content_credentials.sign(film, ABOUT, *certificate)
    with import_module("c2pa").Reader(str(film)) as reader:
        assert reader.get_validation_state() == "Valid"
        told = reader.json()
    assert "compositeWithTrainedAlgorithmicMedia" in told and "line.wav" in told and "Studio" in told
    assert read_provenance(film) is not None
    with pytest.raises(RenderError, match="cannot sign"):
        content_credentials.check(film, certificate[0], tmp_path / "ext")
