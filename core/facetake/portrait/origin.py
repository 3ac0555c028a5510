"""What a portrait film is made from, as its tags tell it. Knows actors' folders and trainings; writes nothing."""

from __future__ import annotations

from pathlib import Path

from facetake import files
from facetake.errors import PortraitError
from facetake.portrait.capture.actor import ABOUT, read_about
from facetake.portrait.consent import read_consent
from facetake.portrait.system import RenderJob
from facetake.render.provenance import Provenance, SourceFile, source


def provenance(system: str, job: RenderJob, consents: Path | None = None) -> Provenance:
    """Where the film of a job comes from.

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
    about = read_about(path / ABOUT)
    return SourceFile("actor", about.source, about.source_sha256)
