"""What each request does: its fields, the work, and the result a host gets.

Large results go to the file that the request names in `out`; the event carries what a host says about it. Fields are
checked before anything runs, and unknown ones are refused, so that a plugin of another version fails at once and
clearly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from facetake import (
    __version__,
    audio,
    edits,
    emotion,
    events,
    files,
    formats,
    gaze,
    host_io,
    inference,
    inspection,
    live,
    rig,
    visemes,
)
from facetake import generate as generating
from facetake import keys as keying
from facetake import restyle as restyling
from facetake import script as scripts
from facetake.emotion import EMOTIONS
from facetake.errors import ConfigError
from facetake.files import quantities
from facetake.files.quantities import shown
from facetake.motion.emphasis import MOST_AMOUNT
from facetake.motion.expression import MOST_ENERGY
from facetake.preview import main_curves
from facetake.take import Take, resample
from facetake.timebase import parse_rate
from facetake.worker import line_phones, places
from facetake.worker.channel import Channel
from facetake.worker.places import PLACES, FolderPath, SourcePath, TargetPath

PROTOCOL: Final = 1
"""Both sides say it first; a host of another number is refused."""
PLOT_FPS: Final = 30  # by choice: closures are seen, and half of the points are sent
PLOT_POINTS = 3000  # a curve, by choice: more than a panel's pixels
PLOT_CURVES = 4  # a region, by eye: more lines hide one another
SHOWN: Final = np.array([control.side != "R" for control in rig.CONTROLS])
ENVELOPE: Final = 1000  # points of a waveform, enough for a panel's width
MOST_TOLD: Final = 5  # words that a line is told to differ in from its text: a panel shows few lines
NETWORK_SHARE: Final = 0.9  # of a request; the rest is writing
Result = dict[str, Any]

_GIVEN: Final[object] = object()  # marks a field without a default
_OUTPUT: dict[str, tuple[type, object]] = {
    "out": (TargetPath, _GIVEN),
    "rig": (str, "maya"),
    "optional": (bool, False),
    "bake": (bool, False),
    "take_out": (TargetPath, ""),
    "model": (FolderPath, ""),
}
_SAID: dict[str, tuple[type, object]] = {
    "text": (str, ""),
    "script": (SourcePath, ""),
    "language": (str, ""),
    "dictionary": (SourcePath, ""),
}
FIELDS: Final[Mapping[str, Mapping[str, tuple[type, object]]]] = {
    "hello": {"protocol": (int, _GIVEN)},
    "generate": {
        "audio": (SourcePath, _GIVEN),
        "emotion": (str, "neutral"),
        "look": (str, ""),
        "look_at": (list, []),
        **_SAID,
        "emphasis": (float, 1.0),
        "events": (str, ""),
        "rate": (str, "60"),
        "seed": (int, 0),
        "energy": (float, 1.0),
        "blink": (bool, True),
        "gaze": (bool, True),
        "head": (bool, True),
        "gains": (dict, {}),
        "only": (list, []),
        "edits": (SourcePath, ""),
        "exact": (bool, False),
        **_OUTPUT,
    },
    "restyle": {
        "take": (SourcePath, ""),
        "curves": (SourcePath, ""),
        "style": (str, ""),
        "actor": (str, ""),
        "only": (list, []),
        "span_s": (list, []),
        "lock": (list, []),
        **_OUTPUT,
    },
    "live": {
        "take": (SourcePath, _GIVEN),
        "audio": (SourcePath, ""),
        "protocol": (str, "livelink"),
        "port": (int, 0),
        "subject": (str, "Facetake"),
    },
    "phones": {"audio": (SourcePath, _GIVEN), **_SAID, "change": (dict, {}), "of": (str, "")},
    "visemes": {"path": (SourcePath, _GIVEN), "model": (FolderPath, "")},
    "inspect": {"path": (SourcePath, _GIVEN)},
}
"""Each request's fields with their types and defaults."""
_NOUNS: Final[Mapping[type, str]] = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    dict: "table",
    list: "list",
    SourcePath: "path in quotes",
    TargetPath: "path in quotes",
    FolderPath: "path in quotes",
}


class Session:
    """The models, each loaded once."""

    def __init__(self) -> None:
        """Loads nothing yet."""
        self._loaded: dict[tuple[str, str], Any] = {}
        self._heard: tuple[tuple[str, int, int], generating.HeardLine] | None = None

    def models(self, folder: str) -> inference.Models:
        """The models that generate."""
        return self._once(inference.load, folder)  # type: ignore[no-any-return]

    def restyling(self, folder: str) -> inference.RestyleModels:
        """The models that restyle."""
        return self._once(inference.load_restyling, folder)  # type: ignore[no-any-return]

    def heard(self, sound: Path, progress: Callable[[float], None]) -> generating.HeardLine:
        """A line with its phones, by the models that ship; the one that was heard last is kept. Raises AudioError."""
        state = files.look(sound) if sound.exists() else None
        key = (str(sound), state.st_mtime_ns if state else 0, state.st_size if state else 0)
        if self._heard is None or self._heard[0] != key:
            line = generating.listen(sound, self.models(""), progress, with_phones=True)
            self._heard = (key, line.without_features())
        return self._heard[1]

    def _once(self, load: Callable[[Path | None], Any], folder: str) -> Any:
        key = (load.__name__, folder)
        if key not in self._loaded:
            self._loaded[key] = load(Path(folder) if folder else None)
        return self._loaded[key]


def act(request: Mapping[str, Any], channel: Channel, session: Session) -> Result:
    """Does what a request asks.

    Raises:
        FacetakeError: whatever is wrong with it, in a sentence.
        RequestCancelled: the host no longer wants it.
    """
    do = request["do"]
    if not isinstance(do, str) or do not in FIELDS:
        raise ConfigError(f"this engine knows no request {shown(do)}; its version is {__version__}")
    return _DEEDS[do](_checked(do, request), channel, session)


def _checked(do: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request, each of its type, with defaults."""
    fields = FIELDS[do]
    unknown = sorted(set(request) - set(fields) - {"id", "do"})
    if unknown:
        raise ConfigError(
            f"{do} has no field {unknown[0]!r}; the plugin and the engine {__version__} differ in version"
        )
    found = {}
    for name, (kind, default) in fields.items():
        value = request.get(name, default)
        if value is _GIVEN:
            raise ConfigError(f"{do} needs the field {name!r}")
        if kind is int:
            value = quantities.whole(value, f"{do}: the field {name!r}", low=0)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, str if kind in PLACES else kind):
            raise ConfigError(f"{do}: the field {name!r} is {shown(value)}, no {_NOUNS[kind]}")
        if kind in PLACES and (value or default is _GIVEN):
            places.check(kind, str(value), f"{do}: the field {name!r}")
        found[name] = value
    if found.get("rig", "maya") not in host_io.RIGS:
        raise ConfigError(f"{do}: no rig is called {found['rig']!r}; use one of {', '.join(host_io.RIGS)}")
    return found


def _hello(asked: Mapping[str, Any], _channel: Channel, session: Session) -> Result:
    """Versions and names; the model that generates is loaded, so that the first line is as quick as the next."""
    if asked["protocol"] != PROTOCOL:
        raise ConfigError(
            f"the plugin speaks protocol {asked['protocol']} and this engine {PROTOCOL} (facetake {__version__}); "
            "install plugin and engine of the same version"
        )
    models = session.models("")
    actors = session.restyling("").restyler.actors
    return {
        "protocol": PROTOCOL,
        "version": __version__,
        "emotions": EMOTIONS,
        "actors": actors,
        "regions": (*rig.REGIONS, *rig.GROUPS),
        "models": sorted(inference.declarations(models.folder)),
    }


def _generate(asked: Mapping[str, Any], channel: Channel, session: Session) -> Result:
    cues = (
        emotion.cue_file(asked["emotion"]),
        gaze.cue_file(asked["look"]),
        events.cue_file(asked["events"]),
    )
    told = [found for found in cues if found]
    edited = Path(asked["edits"]) if asked["edits"] else edits.beside(Path(asked["audio"]))
    read = [Path(asked[name]) for name in ("script", "dictionary") if asked[name]]
    _refuse_overwriting(asked, asked["audio"], *told, *read, *([edited] if edited else []))
    options = generating.GenerateOptions(
        emotion=asked["emotion"],
        look=_look(asked),
        events=asked["events"],
        **_said(asked),
        emphasis=quantities.number(asked["emphasis"], "emphasis", 0.0, MOST_AMOUNT),
        rate=parse_rate(asked["rate"]),
        keys="sparse",
        seed=asked["seed"],
        energy=quantities.number(asked["energy"], "energy", 0.0, MOST_ENERGY),
        blink=asked["blink"],
        gaze=asked["gaze"],
        head=asked["head"],
        gains={region: _gain(region, factor) for region, factor in asked["gains"].items()},
        only=_names(asked["only"]),
        edits=edits.read(edited) if edited else None,
    )
    rig.region_mask(*options.only, *options.gains)
    models = session.models(asked["model"])
    made = generating.generate(
        Path(asked["audio"]), options, models, lambda share: channel.progress(NETWORK_SHARE * share)
    )
    if edited and not asked["edits"] and options.edits and not options.edits.is_empty:
        channel.warning(f"with the edits of {edited.name}")
    for sentence in made.told:
        channel.warning(sentence)
    for difference in made.aligned.differences[:MOST_TOLD] if made.aligned else ():
        channel.warning(f"line differs from its script: {difference.sentence}")
    assert made.keys is not None
    take = made.take if asked["exact"] else replace(made.take, values=rig.clamp(made.keys.dense()))
    track = visemes.segments(made.visemes, take.rate, take.start)
    heard = {"heard": {**made.heard.facts, "sentence": made.heard.sentence}} if made.heard else {}
    done = _deliver(take, made.keys, asked, channel, {"visemes": [asdict(segment) for segment in track], **heard})
    return done | heard | {"text": _text(options.text) or (options.edits.text if options.edits else "")}


def _said(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is said in a line, as options: its words, or a file of them, or the one of its name in a folder of them."""
    if asked["text"] and asked["script"]:
        raise ConfigError("a line's words are given once; send the field 'text' or 'script'")
    place = Path(asked["script"]) if asked["script"] else None
    if place is not None and place.is_dir():
        place = scripts.beside(place / Path(asked["audio"]).name)
    return {
        "text": scripts.read(place) if place else asked["text"] or None,
        "language": asked["language"] or None,
        "dictionary": Path(asked["dictionary"]) if asked["dictionary"] else None,
    }


def _text(said: str | scripts.Sheet | None) -> str:
    """A line's words, as they were given."""
    return said.text if isinstance(said, scripts.Sheet) else said or ""


def _phones(asked: Mapping[str, Any], channel: Channel, session: Session) -> Result:
    """A line's words and phones with its edits, after a change of them where one is asked."""
    sound = Path(asked["audio"])
    options = generating.GenerateOptions(**_said(asked))
    line = session.heard(sound, channel.progress)

    def script(known: edits.LineEdits) -> edits.EditedScript:
        chosen = replace(options, edits=known)
        aligned = generating.aligned_text(line, chosen)
        if aligned is not None:
            chosen = replace(chosen, script=aligned.alignment)
        return generating.edited_script(line, chosen)

    found, told = line_phones.changed(sound, asked["change"], asked["of"], _text(options.text), script)
    for sentence in (told, *found.lost):
        if sentence:
            channel.warning(sentence)
    said = _text(options.text) or found.edits.text
    return {**line_phones.facts(found), "text": said, "is_stale": bool(told)}


def _look(asked: Mapping[str, Any]) -> str | gaze.GazeTrack:
    """What is looked at: as the command line writes it, or an object that the host has looked up over time."""
    if asked["look"] and asked["look_at"]:
        raise ConfigError("generate looks at one thing at a time; give the field 'look' or 'look_at'")
    return gaze.sampled(asked["look_at"], "look_at") if asked["look_at"] else asked["look"]


def _gain(region: str, factor: object) -> float:
    return quantities.number(factor, f"the gain of {region}", 0.0, generating.MOST_GAIN)


def _names(found: list[object]) -> tuple[str, ...]:
    return tuple(str(name) for name in found)


def _restyle(asked: Mapping[str, Any], channel: Channel, session: Session) -> Result:
    source = asked["take"] or asked["curves"]
    if not source or (asked["take"] and asked["curves"]):
        raise ConfigError("restyle needs a take or curves, one of the two")
    _refuse_overwriting(asked, source)
    options = _restyle_options(asked)
    notes: list[str] = []
    if asked["take"]:
        take = formats.read(Path(source))
    else:
        take, notes = host_io.read_curves(Path(source), asked["rig"])
    for note in notes:
        channel.warning(note)
    channel.progress(0.1)
    made = restyling.restyle(take, options, session.restyling(asked["model"]))
    channel.progress(0.6)
    sparse = host_io.sparse(made.take)
    channel.progress(NETWORK_SHARE)
    report = None if made.report is None else asdict(made.report)
    return {**_deliver(made.take, sparse, asked, channel, {}), "report": report}


def _restyle_options(asked: Mapping[str, Any]) -> restyling.RestyleOptions:
    if not asked["style"] and not asked["actor"]:
        raise ConfigError("nothing to do: choose a style or an actor")
    actor, strength = restyling.parse_strength(asked["actor"], "actor") if asked["actor"] else (None, 1.0)
    if len(asked["span_s"]) not in (0, 2):
        raise ConfigError(f"span_s is {shown(asked['span_s'])}; give start and end in seconds")
    span = [restyling.instant(one, "span_s") for one in asked["span_s"]]
    rig.region_mask(*_names(asked["only"]))
    return restyling.RestyleOptions(
        restyling.parse_style(asked["style"]) if asked["style"] else {},
        actor,
        strength,
        _names(asked["only"]),
        (span[0], span[1]) if span else None,
        _names(asked["lock"]),
    )


def _refuse_overwriting(asked: Mapping[str, Any], *sources: str | Path) -> None:
    for name in ("out", "take_out"):
        for source in sources:
            if asked[name] and _is_same(asked[name], source):
                raise ConfigError(f"{source} would be overwritten by the result; name another file")


def _is_same(one: str, other: str | Path) -> bool:
    try:
        return Path(one).resolve() == Path(other).resolve()
    except (OSError, ValueError):  # a name that no file can have: whoever opens it says so
        return False


def _deliver(
    take: Take, keys: keying.Keys, asked: Mapping[str, Any], channel: Channel, extra: dict[str, object]
) -> Result:
    """Writes what the host asked for and says what was written."""
    if asked["bake"]:
        extra["raw"] = host_io.raw_curves(take)
    extra["plot"] = _plot(take)
    count = host_io.write_keys(Path(asked["out"]), take, keys, asked["rig"], optional=asked["optional"], **extra)
    if asked["take_out"]:
        formats.write(take, Path(asked["take_out"]))
    channel.progress(1.0)
    return {
        "out": asked["out"],
        "n_keys": count,
        "n_dense": take.n_frames * rig.N_CONTROLS,
        "n_frames": take.n_frames,
        "rate": str(take.rate),
        "start_s": str(take.start),
        "duration_s": float(take.duration_s),
    }


def _plot(take: Take) -> dict[str, object]:
    """Curves worth showing: the main ones, and of each region those that move most; few enough points to draw.

    Of a left and a right control the left one is shown.
    """
    rate = min(Fraction(PLOT_FPS), Fraction(PLOT_POINTS) / take.duration_s)
    even = resample(take, rate)
    groups = {"main": main_curves(even.values)}
    for region in rig.REGIONS:
        columns = np.flatnonzero(rig.region_mask(region) & SHOWN)
        most = columns[np.argsort(-np.ptp(even.values[:, columns], axis=0), kind="stable")][:PLOT_CURVES]
        groups[region] = {
            rig.NAMES[i].removeprefix("CTRL_").replace(".translate", "."): even.values[:, i] for i in most
        }
    curves = {group: {name: np.round(row, 3).tolist() for name, row in rows.items()} for group, rows in groups.items()}
    return {"rate": float(rate), "curves": curves}


def _visemes(asked: Mapping[str, Any], channel: Channel, session: Session) -> Result:
    path = Path(asked["path"])
    if inspection.is_take(path):
        take = resample(formats.read(path), Fraction(60))
        found = session.restyling(asked["model"]).classifier.read(take.values)[0]
        start = take.start
    else:
        found = generating.hear(path, session.models(asked["model"]), channel.progress)
        start = Fraction(0)
    return {"visemes": [asdict(segment) for segment in visemes.segments(found, Fraction(60), start)]}


def _live(asked: Mapping[str, Any], channel: Channel, _session: Session) -> Result:
    """Sends a take to a program on this machine, in time with its sound; it lasts as long as the take."""
    port = quantities.whole(asked["port"], "port", 0, live.HIGHEST_PORT)
    take = formats.read(Path(asked["take"]))
    heard = Path(asked["audio"]) if asked["audio"] else None
    with ExitStack() as opened:
        connections = live.Connections(asked["protocol"], live.LOOPBACK, port, asked["subject"], take.rate, opened)

        def look(share: float) -> None:
            channel.progress(share)
            for sentence in connections.unheard():
                channel.warning(sentence)

        clock = opened.enter_context(live.playing(take, heard, channel.warning))
        return asdict(live.stream_take(take, connections.outputs, clock, look))


def _inspect(asked: Mapping[str, Any], _channel: Channel, _session: Session) -> Result:
    """What is in a file; of a recording also its waveform, the peak in each of a thousand equal stretches."""
    path = Path(asked["path"])
    found = inspection.facts(path)
    if "sound" in found:
        found["envelope"] = _envelope(path)
    return {"facts": found}


def _envelope(path: Path) -> list[float]:
    with audio.stream(path) as sound:
        step = max(1, -(-sound.n_samples // ENVELOPE))
        peaks = np.zeros(-(-sound.n_samples // step), np.float32)
        at = 0
        for block in sound:
            columns = np.arange(at, at + len(block)) // step
            np.maximum.at(peaks, columns, np.abs(block))
            at += len(block)
    return [round(float(peak), 3) for peak in peaks]


_DEEDS: Mapping[str, Callable[[Mapping[str, Any], Channel, Session], Result]] = {
    "hello": _hello,
    "generate": _generate,
    "restyle": _restyle,
    "live": _live,
    "phones": _phones,
    "visemes": _visemes,
    "inspect": _inspect,
}
