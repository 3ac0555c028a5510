"""One row made: recording to take to file, in whatever process it runs."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from facetake import __version__, bundle, exchange, formats, rig
from facetake.audio import hash_of
from facetake.errors import FacetakeError, sentence
from facetake.generate import GenerateOptions, generate
from facetake.restyle import RestyleOptions, parse_strength, parse_style, restyle

if TYPE_CHECKING:
    from facetake.batch.manifest import Row

THREADS = 1  # of each process: rows run side by side instead


@dataclass(frozen=True)
class Settings:
    """What is the same for every row.

    Attributes:
        folder: of results.
        options: of `generate`, which rows override.
        form: format of the takes whose row names none, or None where their suffix tells.
        model: a model folder, or None for the shipped ones.
        part: which of several runs on one folder this is, such as "3-of-20"; empty for the only one.
    """

    folder: Path
    options: GenerateOptions
    form: str | None = None
    model: Path | None = None
    part: str = ""


@dataclass(frozen=True)
class Made:
    """What became of a row: the size of its take, or what went wrong."""

    id: str
    bytes: int
    spent_s: float
    problem: str = ""


class Maker:
    """Makes rows, with the models loaded once."""

    def __init__(self, settings: Settings) -> None:
        """Loads the model that generates.

        Raises:
            ModelError: it is missing, altered, or of another version.
        """
        self._settings = settings
        self._models = bundle.load(settings.model, THREADS)
        self._restyling: bundle.RestyleModels | None = None

    def make(self, row: Row) -> Made:
        """Makes a row; whatever goes wrong is in the result, as the other rows are worth having."""
        begun = time.perf_counter()
        try:
            size, problem = self._make(row), ""
        except Exception as error:  # also a bug of ours
            where = "" if isinstance(error, FacetakeError) else f"{row.audio}: "
            size, problem = 0, where + sentence(error)
        return Made(row.id, size, time.perf_counter() - begun, problem)

    def _make(self, row: Row) -> int:
        chosen = self._settings.options
        options = replace(
            chosen, emotion=row.emotion or chosen.emotion, seed=chosen.seed if row.seed is None else row.seed
        )
        made = generate(row.audio, options, self._models)
        take = made.take
        if row.style or row.actor:
            take = restyle(take, restyle_options(row), self._restylers()).take
        out = self._settings.folder / row.out
        out.parent.mkdir(parents=True, exist_ok=True)
        if made.keys is not None:
            keys = exchange.sparse(take) if row.style or row.actor else made.keys
            take = replace(take, values=rig.clamp(keys.dense()))
            exchange.write_keys(out.with_suffix(".keys.json"), take, keys)
        formats.write(take, out, form_of(row, self._settings))
        return out.stat().st_size

    def _restylers(self) -> bundle.RestyleModels:
        if self._restyling is None:
            self._restyling = bundle.load_restyling(self._settings.model, THREADS)
        return self._restyling


def form_of(row: Row, settings: Settings) -> str | None:
    """The format of a row's take; None where its suffix tells."""
    return None if row.names_form else settings.form


def restyle_options(row: Row) -> RestyleOptions:
    """The style that a row asks for. Raises ConfigError."""
    actor, strength = parse_strength(row.actor, "actor") if row.actor else (None, 1.0)
    return RestyleOptions(parse_style(row.style) if row.style else {}, actor, strength)


def fingerprint(row: Row, settings: Settings, hashes: dict[str, str]) -> dict[str, object]:
    """Everything that a row's take depends on, by name, so that what changed can be said.

    Args:
        row: a checked row.
        settings: of the batch.
        hashes: of the models, from `model_hashes`.
    """
    options = settings.options
    mood = row.emotion or options.emotion or "neutral"
    found: dict[str, object] = {
        "audio": hash_of(row.audio), "emotion": mood, "seed": options.seed if row.seed is None else row.seed,
        "style": row.style, "actor": row.actor, "out": str(row.out), "format": form_of(row, settings) or "",
        "rate": str(options.rate), "keys": options.keys, "parts": [options.blink, options.gaze, options.head],
        "gains": dict(options.gains), "regions": list(options.only), "facetake": __version__,
        "model": hashes["audio2rig"],
    }  # fmt: skip
    if Path(mood).is_file():
        found["cues"] = hash_of(Path(mood))
    if row.style or row.actor:
        found["restyler"] = hashes.get("restyler", "")
    return found


def model_hashes(folder: Path | None) -> dict[str, str]:
    """Hash of each model of a folder, the shipped one by default. Raises ModelError."""
    found = {name: one.sha256 for name, one in bundle.declarations(bundle.SHIPPED).items()}
    if folder is not None:
        found |= {name: one.sha256 for name, one in bundle.declarations(folder).items()}
    return found
