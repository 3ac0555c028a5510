"""`facetake generate`: recorded lines to takes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs, made_take, options, rigs, scripts
from facetake.cli.terminal import Reporter, is_debugging
from facetake.cli.written import add_force, replacing
from facetake.errors import ConfigError, FacetakeError, sentence
from facetake.files import quantities
from facetake.files.spelling import meant

if TYPE_CHECKING:
    from facetake.generate import GenerateOptions, Performance
    from facetake.inference import Models
    from facetake.rig.maps import RigMap
    from facetake.take import Take

NAME = "generate"
ABOUT = "turn recorded lines into takes: 174 MetaHuman control curves"
EXAMPLES = (
    "line.wav",
    "line.wav --emotion happy:0.7 -o take.csv --preview take.mp4",
    "dialogue/ -o takes/ --emotion auto",
    "line.wav --look camera",
    "line.wav --text 'I {never} said that.'",
    "line.wav --events breath_in@0.2-0.6+laugh@4.1-5.3:0.8",
    "dialogue/ -o takes/ --emotion mood.txt --rate 24000/1001 --keys sparse",
    "line.wav --rig-map vrm",
    "'lines/*.wav' -o takes/ --no-head --gain brow=1.3 --gain mouth=0.9",
)
GENERATED = 0.2  # of the bar, where a film follows, which takes longer
DONE = "done"
PARTLY = "partly"
FAILED = "failed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("audio", nargs="+", metavar="AUDIO", help="sound files, folders of them, or patterns")
    parser.add_argument(
        "-o", "--out", type=Path, help="a file for one input, a folder for many; default: beside the sound"
    )
    add_performance_arguments(parser)
    scripts.add_arguments(parser)
    parser.add_argument(
        "--takes",
        type=options.whole(1, 99),
        default=1,
        metavar="N",
        help="performances of each line to choose from, of this seed and those after it: NAME.csv, NAME.2.csv ...",
    )
    parser.add_argument(
        "--format", dest="form", metavar="NAME", help="file format; default: by the suffix of -o, or csv"
    )
    rigs.add_arguments(parser)
    parser.add_argument(
        "--edits",
        type=Path,
        metavar="FILE",
        help="what was changed of the line by hand; default: NAME.edits.toml beside the sound, where there is one",
    )
    parser.add_argument("--no-edits", action="store_true", help="leave out edits that lie beside the sound")
    parser.add_argument("--preview", type=Path, metavar="OUT.mp4", help="also film a shaded 3D face with the sound")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a model folder of your own")
    add_force(parser)


def add_performance_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what `performance` reads: how a line is performed, whatever becomes of the take."""
    parser.add_argument(
        "--emotion",
        metavar="WHAT",
        help="happy:0.7, a blend happy:0.5+sad:0.3, a file of "
        "cues, or auto: hear it in the voice (auto:line: once a line)",
    )
    parser.add_argument(
        "--look",
        metavar="WHERE",
        help="what eyes and head look at: camera, X,Y,Z in metres to the actor's left, up and forward of the eyes "
        "(--look=-0.3,0,1 where the first is negative), or a file of cues",
    )
    parser.add_argument(
        "--events",
        metavar="WHAT",
        help="what is not speech: laugh@0.8-1.4:0.7, several joined by +, a file of lines such as '0.80 1.40 "
        "laugh:0.7', or auto with a --model that hears them (none ships); without :SIZE as large as it is loud",
    )
    parser.add_argument("--rate", default="60", metavar="FPS", help="frames per second: 60, 24, 24000/1001, 23.976 ...")
    parser.add_argument("--keys", choices=("dense", "sparse"), default="dense", help="sparse: also few, editable keys")
    parser.add_argument("--seed", type=options.whole(), default=0, help="another one gives another performance")
    parser.add_argument("--energy", default="1", metavar="X", help="how much the face acts, 0 to 2; 0 holds a pose")
    for part in ("blink", "gaze", "head"):
        parser.add_argument(f"--no-{part}", dest=part, action="store_false", help=f"leave out {part}")
    parser.add_argument(
        "--head",
        dest="head_style",
        choices=("phrases", "onsets"),
        default="phrases",
        help="how the head moves: phrases (default) nods and holds poses, onsets follows the rhythm",
    )
    parser.add_argument("--gain", action="append", default=[], metavar="REGION=X", help="scale a region's motion")
    parser.add_argument("--only", metavar="REGION,...", help="keep these regions; the others stay neutral")


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Generates every input; one that fails does not stop the rest."""
    from facetake import inference

    sources = _recordings(arguments.audio)
    options = scripts.chosen(performance(arguments), arguments, len(sources))
    targets = _targets(sources, arguments)
    rig_map = rigs.chosen(arguments)
    load = cache(lambda: inference.load(arguments.model))
    fates = set()
    for index, (source, target) in enumerate(targets):
        report.start(str(source), index, len(targets))
        job = _GenerateJob(
            options,
            load(),
            arguments.form,
            arguments.preview,
            report,
            arguments.takes > 1,
            arguments.force,
            rig_map,
            arguments.mesh,
            _edits_path(source, arguments),
        )
        seed = options.seed + index % arguments.takes
        fates.add(_attempt(source, target, replace(job, options=replace(options, seed=seed)), arguments))
    if fates == {DONE}:
        return 0
    return 2 if fates == {FAILED} else 1


def _recordings(names: Sequence[str]) -> list[Path]:
    """What is to be heard. ConfigError for a take or a list, which would else be said to be overwritten."""
    from facetake import inspection

    sources = inputs.sound_files(names)
    if found := next(filter(inspection.is_take, sources), None):
        raise ConfigError(f"{found} is no recording; lists are for 'facetake batch', takes for 'facetake restyle'")
    return sources


@dataclass(frozen=True)
class _GenerateJob:
    """What is the same for every input."""

    options: GenerateOptions
    models: Models
    form: str | None
    film: Path | None
    report: Reporter
    tells_seed: bool
    force: bool
    rig_map: RigMap | None = None
    mesh: Path | None = None
    edits: Path | None = None


def _targets(sources: Sequence[Path], arguments: argparse.Namespace) -> list[tuple[Path, Path]]:
    """Each sound with where its takes go. ConfigError for every mistake that shows before anything runs."""
    targets = inputs.outputs_for(sources, arguments.out, take_suffix(arguments.form))
    numbers = range(1, arguments.takes + 1)
    takes = [(one, _numbered(out, n)) for one, out in zip(sources, targets, strict=True) for n in numbers]
    written = list(takes)
    if arguments.keys == "sparse":
        written += [(source, _keys_path(target)) for source, target in takes]
    if arguments.rig_map or arguments.mesh:
        written += [(source, _rig_path(target, arguments.mesh)) for source, target in takes]
    if arguments.preview:
        if len(takes) > 1:
            raise ConfigError("--preview films one take; name one sound file, or film takes with 'facetake preview'")
        inputs.check_film(arguments.preview)
        written.append((sources[0], arguments.preview))
    cues = [Path(one) for one in (arguments.emotion, arguments.look, arguments.events) if one]
    edited = [path for one in sources if (path := _edits_path(one, arguments))]
    read = [*sources, *cues, *edited, *rigs.read_files(arguments), *scripts.read_files(arguments)]
    inputs.refuse_overwriting(written, read)
    if arguments.form is None:
        check_suffix(targets[0])
    return takes


def _edits_path(source: Path, arguments: argparse.Namespace) -> Path | None:
    """The file of a line's edits; None where there is none. ConfigError for one file for several lines."""
    from facetake import edits

    if arguments.edits and (arguments.no_edits or len(arguments.audio) > 1 or source.is_dir()):
        raise ConfigError("--edits is of one line; name one sound file, or put NAME.edits.toml beside each")
    if arguments.edits or arguments.no_edits:
        return Path(arguments.edits) if arguments.edits else None
    return edits.beside(source)


def _numbered(target: Path, number: int) -> Path:
    """The file of the n-th take of a line."""
    return target if number == 1 else target.with_name(f"{target.stem}.{number}{target.suffix}")


def check_suffix(target: Path) -> None:
    """Raises ConfigError where a file's suffix tells no format."""
    from facetake import formats

    if target.suffix.lower() not in formats.suffixes():
        known = ", ".join(formats.suffixes())
        raise ConfigError(f"{target}: no format has this suffix; use one of {known}, or --format")


def take_suffix(form: str | None) -> str:
    """Of files in a format, by default CSV. Raises ConfigError for an unknown one."""
    from facetake import formats

    if form is None:
        return ".csv"
    if form not in formats.FORMATS:
        close = meant(form, formats.FORMATS)
        raise ConfigError(f"unknown format '{form}'; known: {', '.join(formats.FORMATS)}{close}")
    return formats.FORMATS[form].suffix


def performance(arguments: argparse.Namespace) -> GenerateOptions:
    """What the user chose, checked. Raises ConfigError, RigError or TakeError."""
    from facetake import emotion, events, gaze, rig
    from facetake.generate import GenerateOptions
    from facetake.timebase import parse_rate

    if arguments.emotion:
        emotion.check(arguments.emotion)  # a mistake shows before anything is generated
    if arguments.look:
        gaze.parse(arguments.look)
    if arguments.events:
        events.parse(arguments.events)
    only = tuple(part.strip() for part in arguments.only.split(",")) if arguments.only else ()
    gains = dict(gain(text) for text in arguments.gain)
    rig.region_mask(*only, *gains)
    return GenerateOptions(
        arguments.emotion,
        parse_rate(arguments.rate),
        arguments.keys,
        arguments.seed,
        energy(arguments.energy),
        arguments.blink,
        arguments.gaze,
        arguments.head,
        gains,
        only,
        head_style=arguments.head_style,
        look=arguments.look,
        events=arguments.events,
    )


def energy(text: str) -> float:
    """How much the face acts. Raises ConfigError."""
    from facetake.motion.expression import MOST_ENERGY

    return quantities.number(text, "--energy", 0.0, MOST_ENERGY)


def gain(text: str) -> tuple[str, float]:
    """A region and how much more it moves, from "brow=1.3". Raises ConfigError."""
    from facetake.generate import MOST_GAIN

    region, sign, factor = text.partition("=")
    if not sign:
        raise ConfigError(f"--gain {text}: write REGION=X with X from 0 to 10, such as brow=1.3")
    return region.strip(), quantities.number(factor, f"--gain {region.strip()}: X", 0.0, MOST_GAIN)


def _attempt(source: Path, target: Path, job: _GenerateJob, arguments: argparse.Namespace) -> str:
    """Generates one line and tells how it went: DONE, FAILED with nothing written, or PARTLY."""
    written: list[str] = []
    try:
        inputs.check_target(target, may_make_folder=True)
        job = replace(job, options=replace(job.options, text=scripts.text_of(source, arguments)))
        _one(source, target, job, written)
        job.report.done(str(source), written)
    except Exception as error:  # also a bug of ours: the other lines are worth having
        if is_debugging() and not isinstance(error, FacetakeError):
            raise
        where = "" if isinstance(error, FacetakeError) else f"{source}: "
        job.report.failure(str(source), where + sentence(error), written)
        return PARTLY if written else FAILED
    return DONE


def _one(source: Path, target: Path, job: _GenerateJob, written: list[str]) -> None:
    """Generates one line; adds each file to `written` when it is there."""
    from facetake import edits, formats, host_io, rig
    from facetake.generate import generate

    share = GENERATED if job.film else 1.0
    options = job.options if job.edits is None else replace(job.options, edits=edits.read(job.edits))
    if job.edits is not None:
        job.report.note(str(source), [f"{source}: with the edits of {job.edits}"], {"edits": str(job.edits)})
    made = generate(source, options, job.models, lambda done: job.report.progress(str(source), share * done))
    if made.told:
        job.report.note(str(source), list(made.told), {"sound": list(made.told)})
    if made.aligned:
        scripts.tell(job.report, str(source), made.aligned)
    if made.heard:
        job.report.note(str(source), [f"{source}: {made.heard.sentence}"], {"heard": made.heard.facts})
    take = made.take if made.keys is None else replace(made.take, values=rig.clamp(made.keys.dense()))
    inputs.make_folder(target.parent)
    with replacing(target, job.report, str(source), force=job.force):
        formats.write(take, target, job.form)
    written.append(str(target))
    if made.keys is not None:
        with replacing(_keys_path(target), job.report, str(source), force=job.force):
            host_io.write_keys(_keys_path(target), take, made.keys)
        written.append(str(_keys_path(target)))
    if job.rig_map is not None:
        written.append(_rig(made, take, source, _rig_path(target, job.mesh), job))
    if job.film:
        written.append(_film(made, source, job.film, job.report))
    more = {"seed": job.options.seed} if job.tells_seed else {}
    made_take.tell(job.report, str(source), target, take, job.form, made_take.mood(job.options.emotion, made), **more)


def _keys_path(target: Path) -> Path:
    return target.with_suffix(".keys.json")


def _rig_path(target: Path, mesh: Path | None) -> Path:
    """Where values of another rig lie beside a take."""
    from facetake.formats import rig_values

    return Path(rig_values.place_beside(target, mesh))


def _rig(made: Performance, take: Take, source: Path, out: Path, job: _GenerateJob) -> str:
    """Writes a take as values of another rig, its visemes as they were heard."""
    from facetake import visemes
    from facetake.formats import rig_values

    assert job.rig_map is not None
    found = rig_values.of(take, job.rig_map, visemes.weights(made.visemes, take.rate))
    with replacing(out, job.report, str(source), force=job.force):
        notes = rig_values.write(found, take, out, mesh=job.mesh)
    for note in notes:
        job.report.warning(str(source), f"{out}: {note}")
    return str(out)


def _film(made: Performance, source: Path, out: Path, report: Reporter) -> str:
    from facetake import preview

    preview.render(
        made.take,
        source,
        out,
        progress=lambda done, total: report.progress(str(source), GENERATED + (1.0 - GENERATED) * done / max(total, 1)),
    )
    return str(out)
