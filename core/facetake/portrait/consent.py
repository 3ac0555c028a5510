"""What the filmed person agreed to, kept in the actor's folder, and what a film of them tells of where it is from.

    consent.json     whether words or a file are kept, and the hash of them
    consent.txt      the words, or consent.pdf and so on: the file as it is

Knows files, actors' folders and trainings; whether a consent is enough is for the studio to say.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facetake import files
from facetake.errors import ConfigError, PortraitError
from facetake.files import json_text
from facetake.formats import beside
from facetake.portrait.capture import actor
from facetake.portrait.storage import read_json
from facetake.portrait.system import RenderJob
from facetake.render.video import Provenance, SourceFile, source

ABOUT: Final = "consent.json"
NAME: Final = "consent"
MOST: Final = 1 << 26
"""Bytes of a file: 64 MB, a long contract as pictures of its pages."""


@dataclass(frozen=True)
class Consent:
    """A consent that is kept: the file's name in the actor's folder, and the hash of its bytes."""

    file: str
    sha256: str


@dataclass(frozen=True)
class GivenConsent:
    """A consent to be kept: the name that its file gets, and its bytes."""

    file: str
    data: bytes


def read_given(given: str) -> GivenConsent:
    """What the user gives as consent: words, or the path of a file.

    Raises:
        ConfigError: there are no words, or the file cannot be read.
    """
    path = Path(given)
    try:
        is_file = os.path.lexists(path)
    except (OSError, ValueError):  # words too long for a name
        is_file = False
    try:
        data = files.read_bytes(path, MOST) if is_file else given.strip().encode("utf-8")
    except OSError as error:
        raise ConfigError(f"--consent {given}: it cannot be read ({files.reason(error)}); check the path") from error
    if not data:
        raise ConfigError("--consent is empty; write what the person agreed to, or name a file that holds it")
    return GivenConsent(f"{NAME}{path.suffix.lower() if is_file else '.txt'}", data)


def keep_consent(folder: Path, given: GivenConsent) -> None:
    """Keeps a consent in an actor's folder, in the place of an earlier one."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / given.file, given.data)
    about = {"file": given.file, "sha256": hashlib.sha256(given.data).hexdigest()}
    _write(folder / ABOUT, (json_text.dump(about, indent=1) + "\n").encode("utf-8"))


def _write(path: Path, data: bytes) -> None:
    with beside(path) as part:
        part.write_bytes(data)


def read_consent(folder: Path) -> Consent | None:
    """The consent that an actor's folder keeps; None where it keeps none.

    Raises:
        PortraitError: the file is missing, or another one than was kept.
    """
    if not (folder / ABOUT).is_file():
        return None
    about = read_json(folder / ABOUT)
    found = Consent(Path(str(about.get("file"))).name, str(about.get("sha256")))
    path = folder / found.file
    if not path.is_file() or files.hash_of(path, PortraitError) != found.sha256:
        raise PortraitError(f"{path} is not the consent that was kept; keep it anew with --consent")
    return found


def provenance(system: str, job: RenderJob, consents: Path | None = None) -> Provenance:
    """Where the film of a job comes from, as its tags tell it.

    Args:
        system: its name.
        job: what is rendered.
        consents: the folder that keeps the person's consent, where that is not the actor's own.

    Raises:
        PortraitError: a file cannot be read, or the consent is another one than was kept.
    """
    given = [("training", job.training), ("audio", job.audio), ("take", job.take)]
    try:
        made_from = [source(role, path) for role, path in given if path is not None]
        who = _who(job.actor)
    except OSError as error:
        raise PortraitError(f"what the film is made from cannot be read: {files.reason(error)}") from error
    consent = read_consent(consents or job.actor)
    return Provenance(system, (who, *made_from), consent.sha256 if consent else None)


def _who(path: Path) -> SourceFile:
    if not path.is_dir():
        return source("photograph", path)
    about = actor.read_about(path / actor.ABOUT)
    return SourceFile("actor", about.source, about.source_sha256)
