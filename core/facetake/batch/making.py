"""One row made: recording to take to file, in whatever process it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facetake import __version__, edits, emotion, events, files, formats, gaze, host_io, inference, qc, rig, visemes
from facetake.arrays import F32
from facetake.batch import heard as hearing
from facetake.batch import outputs
from facetake.batch.keeping import WrittenFile, approved_path, put_down
from facetake.batch.ledger import Fingerprint
from facetake.emotion import EMOTIONS, EmotionTrack
from facetake.errors import ConfigError, FacetakeError, ScriptError, sentence
from facetake.formats import rig_values
from facetake.formats.files import marking
from facetake.generate import GenerateOptions, Performance, generate
from facetake.keys import Keys
from facetake.postprocess import lip_closure
from facetake.restyle import RestyleOptions, parse_strength, parse_style, restyle
from facetake.rig import maps
from facetake.take import Take

if TYPE_CHECKING:
    from facetake.batch.row import ManifestRow

THREADS = 1  # of each process: rows run side by side instead
MOST_TOLD = 5  # words that a row is told to differ in: more is another line's text


@dataclass(frozen=True)
class BatchSettings:
    """What is the same for every row.

    Attributes:
        folder: of results.
        options: of `generate`, which rows override.
        form: format of the takes whose row names none, or None where their suffix tells.
        model: a model folder, or None for the shipped ones.
        part: which of several runs on one folder this is, such as "3-of-20"; empty for the only one.
        limits: of the checks, None for the shipped ones; no take depends on them.
        inputs: files that are read beside recordings and cues, such as the list: no row may replace them.
        mark: of the ledger, which what is begun to be written carries; a run gives it itself.
        rig_map: name or path of the map of another rig, whose values stand beside each take; empty for none.
        mesh: a character that is animated with these values.
    """

    folder: Path
    options: GenerateOptions
    form: str | None = None
    model: Path | None = None
    part: str = ""
    limits: qc.Limits | None = None
    inputs: tuple[Path, ...] = ()
    mark: str = ""
    rig_map: str = ""
    mesh: Path | None = None


@dataclass(frozen=True)
class RowResult:
    """What became of a row: what its take is and what was measured of it, or what went wrong.

    Attributes:
        id: of the row.
        problem: what went wrong; empty where nothing did.
        spent_s: what it took.
        files: of the take, as they were written, itself first.
        aside: names under which files that somebody had changed were kept.
        measured: by the checks.
        heard: in its recording.
        told: sentences about what is unusual in its recording and how it was read.
        read: hashes of recording and cues as they were when they were read, under their names in a fingerprint.
    """

    id: str
    problem: str = ""
    spent_s: float = 0.0
    files: tuple[WrittenFile, ...] = ()
    aside: tuple[str, ...] = ()
    measured: tuple[qc.Measured, ...] = ()
    heard: hearing.LineHeard = field(default_factory=hearing.LineHeard)
    told: tuple[str, ...] = ()
    read: Fingerprint = field(default_factory=dict)


class Maker:
    """Makes rows, with the models loaded once."""

    def __init__(self, settings: BatchSettings) -> None:
        """Loads the models that generate and check.

        Raises:
            ModelError: one is missing, altered, or of another version.
        """
        self._settings = settings
        self._models = inference.load(settings.model, THREADS)
        self._classifier = inference.load_classifier(settings.model, THREADS)
        self._restyling: inference.RestyleModels | None = None

    def make(self, row: ManifestRow) -> RowResult:
        """Makes a row; whatever goes wrong is in the result, as the other rows are worth having."""
        begun = time.perf_counter()
        try:
            with marking(self._settings.mark):
                made = self._make(row)
        except Exception as error:  # also a bug of ours
            where = "" if isinstance(error, FacetakeError) else f"{row.audio}: "
            made = RowResult(row.id, where + sentence(error))
        return replace(made, spent_s=time.perf_counter() - begun)

    def _make(self, row: ManifestRow) -> RowResult:
        chosen = self._settings.options
        options = replace(
            chosen,
            emotion=row.emotion or chosen.emotion,
            look=row.look or chosen.look,
            events=row.events or chosen.events,
            seed=chosen.seed if row.seed is None else row.seed,
        )
        edited = edits.beside(row.audio)
        read: dict[str, object] = {}
        if edited is not None:
            read["edits"] = files.hash_of(edited, ConfigError)
            options = replace(options, edits=edits.read(edited))
        made = self._performed(row, options)
        take = made.take
        keys = made.keys
        if row.style or row.actor:
            take = restyle(take, restyle_options(row), self._restylers()).take
            take = lip_closure.reseal(take, made.closures)  # it knows its lips alone; here the sound is known, too
            keys = None if keys is None else host_io.sparse(take)
        if keys is not None:
            take = replace(take, values=rig.clamp(keys.dense()))
        measured = qc.measure(
            take,
            qc.HeardSpeech(made.visemes, made.closures, made.speech, made.aligned),
            asked_mood(row, made.emotion),
            self._classifier,
            self._approved(row),
            options.only,
        )
        heard = hearing.of(made.heard, made.visemes, made.take)
        read |= _read(made.take.origin)
        played = self._played(row, take, made.visemes)
        return replace(
            self._written(row, take, keys, played), measured=measured, heard=heard, told=made.told, read=read
        )

    def _performed(self, row: ManifestRow, options: GenerateOptions) -> Performance:
        """The line with its text, or without where the text cannot be used: it may be a note for people."""
        if not row.text.strip():
            return generate(row.audio, options, self._models)
        try:
            made = generate(row.audio, replace(options, text=row.text), self._models)
        except ScriptError as error:
            made = generate(row.audio, options, self._models)
            return replace(made, told=(*made.told, f"its text was not used: {error}"))
        assert made.aligned is not None
        differs = tuple(one.sentence for one in made.aligned.differences[:MOST_TOLD])
        return replace(made, told=(*made.told, *differs))

    def _approved(self, row: ManifestRow) -> Take | None:
        path = approved_path(self._settings.folder, row.id)
        return formats.read(path) if path.is_file() else None

    def _played(self, row: ManifestRow, take: Take, heard: F32) -> rig_values.RigValues | None:
        """The take's values on another rig, where one is asked for."""
        asked = rig_map_of(row, self._settings)
        return rig_values.of(take, maps.load(asked), visemes.weights(heard, take.rate)) if asked else None

    def _written(
        self, row: ManifestRow, take: Take, keys: Keys | None, played: rig_values.RigValues | None
    ) -> RowResult:
        """Puts the take down, with its keys; what somebody has changed since is kept beside it."""

        def write(parts: Sequence[Path]) -> None:
            formats.write(take, parts[0], form_of(row, self._settings))
            if keys is not None:
                host_io.write_keys(parts[1], take, keys)
            if played is not None:
                rig_values.write(played, take, parts[-1], mesh=self._settings.mesh)

        names = names_of(row, self._settings)
        files, aside = put_down(self._settings.folder, names, row.known, write, row.former)
        return RowResult(row.id, files=files, aside=aside)

    def _restylers(self) -> inference.RestyleModels:
        if self._restyling is None:
            self._restyling = inference.load_restyling(self._settings.model, THREADS)
        return self._restyling


def _read(origin: Mapping[str, object]) -> Fingerprint:
    """Of what a take says of itself, what tells its inputs apart."""
    known = (
        ("audio", "audio_sha256"),
        ("cues", "cues_sha256"),
        ("look cues", "look_sha256"),
        ("event cues", "events_sha256"),
    )
    return {name: origin[key] for name, key in known if key in origin}


def form_of(row: ManifestRow, settings: BatchSettings) -> str | None:
    """The format of a row's take; None where its suffix tells."""
    return None if row.names_form else settings.form


def rig_map_of(row: ManifestRow, settings: BatchSettings) -> str:
    """The rig map that a row asks for, or its batch; empty for none."""
    return row.rig_map or settings.rig_map


def names_of(row: ManifestRow, settings: BatchSettings) -> tuple[str, ...]:
    """The files of a row's take, relative to the folder of results, itself first."""
    return outputs.names(row.out, settings.options.keys, rig_map_of(row, settings), settings.mesh)


def restyle_options(row: ManifestRow) -> RestyleOptions:
    """The style that a row asks for. Raises ConfigError."""
    actor, strength = parse_strength(row.actor, "actor") if row.actor else (None, 1.0)
    return RestyleOptions(parse_style(row.style) if row.style else {}, actor, strength)


def asked_mood(row: ManifestRow, track: EmotionTrack) -> EmotionTrack:
    """The mood that a row's take should show: its style, over what that leaves of its emotion. Raises ConfigError."""
    if not row.style:
        return track
    style = parse_style(row.style)
    named = np.array([style.get(name, 0.0) for name in EMOTIONS])
    return EmotionTrack(track.times_s, (1.0 - named.sum()) * track.weights + named)


def fingerprint(
    row: ManifestRow,
    settings: BatchSettings,
    hashes: dict[str, str],
    hashed: Callable[[Path], str] = files.hash_of,
) -> dict[str, object]:
    """Everything that a row's take depends on, by name, so that what changed can be said; no folder of its inputs.

    Args:
        row: a checked row.
        settings: of the batch.
        hashes: of the models, from `model_hashes`.
        hashed: gives the hash of a file; of many rows one that remembers, as they share files.
    """
    options = settings.options
    mood = row.emotion or options.emotion or "neutral"
    cues = emotion.cue_file(mood)
    found: dict[str, object] = {
        "audio": hashed(row.audio),
        "emotion": cues.name if cues else emotion.named(mood),
        "seed": options.seed if row.seed is None else row.seed,
        "style": row.style,
        "actor": row.actor,
        "out": str(row.out),
        "format": form_of(row, settings) or "",
        "rate": str(options.rate),
        "keys": options.keys,
        "energy": options.energy,
        "parts": [options.blink, options.gaze],
        "head": options.head_style if options.head else "none",
        "gains": dict(options.gains),
        "regions": list(options.only),
        "facetake": __version__,
        "model": hashes["audio2rig"],
        "motion": hashes.get("motion", ""),
    }
    if row.text.strip():
        found["text"] = row.text
    if cues:
        found["cues"] = hashed(cues)
    look = row.look or options.look
    if isinstance(look, str) and look:
        aims = gaze.cue_file(look)
        found["look"] = aims.name if aims else look
        if aims:
            found["look cues"] = hashed(aims)
    found |= _beside(row, row.events or options.events, hashes, hashed)
    if emotion.is_heard(mood):
        found["heard by"] = hashes.get("audio_emotion", "")
    if rig_map := rig_map_of(row, settings):
        found["rig map"] = [rig_map if rig_map in maps.shipped() else "", hashed(maps.place_of(rig_map))]
        if settings.mesh:
            found["mesh"] = hashed(settings.mesh)
    if row.style or row.actor:
        found["restyler"] = hashes.get("restyler", "")
    return found


def _beside(
    row: ManifestRow, marked: object, hashes: dict[str, str], hashed: Callable[[Path], str]
) -> dict[str, object]:
    """What a row's take depends on of its edits and of what is not speech."""
    found: dict[str, object] = {}
    if edited := edits.beside(row.audio):
        found["edits"] = hashed(edited)
    if isinstance(marked, str) and marked:
        listed = events.cue_file(marked)
        found["events"] = listed.name if listed else marked
        if listed:
            found["event cues"] = hashed(listed)
        if events.is_heard(marked):
            found["events heard by"] = hashes.get("events", "")
    return found


def model_hashes(folder: Path | None) -> dict[str, str]:
    """Hash of each model of a folder, the shipped one by default. Raises ModelError."""
    found = {name: one.sha256 for name, one in inference.declarations(inference.SHIPPED).items()}
    if folder is not None:
        found |= {name: one.sha256 for name, one in inference.declarations(folder).items()}
    return found
