"""`facetake generate`: recorded lines to takes."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs
from facetake.cli.progress import Reporter, unforeseen
from facetake.errors import ConfigError, FacetakeError

if TYPE_CHECKING:
    from facetake.bundle import Models
    from facetake.generate import GenerateOptions, Performance

NAME = "generate"
ABOUT = "turn recorded lines into takes: 174 MetaHuman control curves"
EXAMPLES = (
    "line.wav",
    "line.wav --emotion happy:0.7 -o take.csv --preview take.mp4",
    "dialogue/ -o takes/ --emotion mood.txt --rate 24000/1001 --keys sparse",
    "'lines/*.wav' -o takes/ --no-head --gain brow=1.3 --gain mouth=0.9",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("audio", nargs="+", metavar="AUDIO", help="sound files, folders of them, or patterns")
    parser.add_argument(
        "-o", "--out", type=Path, help="a file for one input, a folder for many; default: beside the sound"
    )
    parser.add_argument("--emotion", metavar="WHAT", help="happy:0.7, a blend happy:0.5+sad:0.3, or a file of cues")
    parser.add_argument("--rate", default="60", metavar="FPS", help="frames per second: 60, 24, 24000/1001, 23.976 ...")
    parser.add_argument("--keys", choices=("dense", "sparse"), default="dense", help="sparse: also few, editable keys")
    parser.add_argument("--seed", type=int, default=0, help="of blinks, gaze and head motion")
    for part in ("blink", "gaze", "head"):
        parser.add_argument(f"--no-{part}", dest=part, action="store_false", help=f"leave out {part}")
    parser.add_argument("--gain", action="append", default=[], metavar="REGION=X", help="scale a region's motion")
    parser.add_argument("--only", metavar="REGION,...", help="keep these regions; the others stay neutral")
    parser.add_argument(
        "--format", dest="form", metavar="NAME", help="file format; default: by the suffix of -o, or csv"
    )
    parser.add_argument("--preview", type=Path, metavar="OUT.mp4", help="also film a shaded 3D face with the sound")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a model folder of your own")


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Generates every input; one that fails does not stop the rest."""
    from facetake import bundle

    sources = inputs.sound_files(arguments.audio)
    options = _options(arguments)
    targets = _targets(sources, arguments)
    models = bundle.load(arguments.model)
    failed = 0
    for index, (source, target) in enumerate(zip(sources, targets, strict=True)):
        report.start(str(source), index, len(sources))
        written = _tried(source, target, options, models, arguments, report)
        failed += written is None
        if written is not None:
            report.done(str(source), written)
    return 0 if not failed else 2 if failed == len(sources) else 1


def _tried(
    source: Path,
    target: Path,
    options: GenerateOptions,
    models: Models,
    arguments: argparse.Namespace,
    report: Reporter,
) -> list[str] | None:
    """Generates one line and tells what goes wrong; returns the files written, or None."""
    try:
        return _one(source, target, options, models, arguments, report)
    except FacetakeError as error:
        report.failure(str(source), str(error))
    except BrokenPipeError:  # nobody listens any more
        raise
    except Exception as error:
        if os.environ.get("FACETAKE_DEBUG"):
            raise
        report.failure(str(source), f"{source}: {unforeseen(error)}")
    return None


def _targets(sources: list[Path], arguments: argparse.Namespace) -> list[Path]:
    """Where each line's take goes; refuses what cannot be written, or would cost another file, before anything runs."""
    if arguments.preview:
        if len(sources) > 1:
            raise ConfigError("--preview films one line; name one sound file, or film takes with 'facetake preview'")
        inputs.check_film(arguments.preview)
    suffix = _suffix(arguments)
    targets = inputs.outputs_for(sources, arguments.out, suffix)
    if arguments.form is None:
        _check_suffix(targets[0])
    results = list(zip(sources, targets, strict=True))
    if arguments.keys == "sparse":
        results += [(source, _keys_path(target)) for source, target in results]
    if arguments.preview:
        results.append((sources[0], arguments.preview))
    inputs.refuse_overwriting(results, [*sources, *([Path(arguments.emotion)] if arguments.emotion else ())])
    return targets


def _check_suffix(target: Path) -> None:
    from facetake import formats

    known = dict.fromkeys(form.suffix for form in formats.FORMATS.values())
    if target.suffix.lower() not in known:
        raise ConfigError(f"{target}: no format has this suffix; use one of {', '.join(known)}, or --format")


def _suffix(arguments: argparse.Namespace) -> str:
    from facetake import formats

    if arguments.form is None:
        return ".csv"
    if arguments.form not in formats.FORMATS:
        raise ConfigError(f"unknown format '{arguments.form}'; known: {', '.join(formats.FORMATS)}")
    return formats.FORMATS[arguments.form].suffix


def _options(arguments: argparse.Namespace) -> GenerateOptions:
    from facetake import emotion, rig
    from facetake.generate import GenerateOptions
    from facetake.take import parse_rate

    if arguments.emotion == "auto":
        raise ConfigError(
            "--emotion auto needs the model audio_emotion.onnx, which this version does not have; name it"
        )
    if arguments.emotion:
        emotion.parse(arguments.emotion)  # a mistake shows before anything is generated
    if arguments.seed < 0:
        raise ConfigError(f"seed {arguments.seed} is negative; give 0 or more")
    only = tuple(part.strip() for part in arguments.only.split(",")) if arguments.only else ()
    gains = dict(_gain(text) for text in arguments.gain)
    rig.region_mask(*only, *gains)
    return GenerateOptions(
        arguments.emotion, parse_rate(arguments.rate), arguments.keys, arguments.seed,
        arguments.blink, arguments.gaze, arguments.head, gains, only,
    )  # fmt: skip


def _gain(text: str) -> tuple[str, float]:
    region, _, number = text.partition("=")
    try:
        factor = float(number)
    except ValueError:
        factor = -1.0
    if not 0.0 <= factor <= 10.0:
        raise ConfigError(f"--gain {text}: write REGION=X with X from 0 to 10, such as brow=1.3")
    return region.strip(), factor


def _one(
    source: Path,
    target: Path,
    options: GenerateOptions,
    models: Models,
    arguments: argparse.Namespace,
    report: Reporter,
) -> list[str]:
    """Generates one line; returns the files written."""
    from dataclasses import replace

    from facetake import formats, rig
    from facetake.generate import generate

    made = generate(source, options, models, lambda share: report.progress(str(source), share))
    take = made.take if made.keys is None else replace(made.take, values=rig.clamp(made.keys.dense()))
    formats.write(take, target, arguments.form)
    written = [str(target)]
    if made.keys is not None:
        written.append(_write_keys(made, target))
    if arguments.preview:
        written.append(_film(made, source, arguments.preview, report))
    return written


def _write_keys(made: Performance, target: Path) -> str:
    """Writes sparse keys beside a take: control name to [frame, value, slope in, slope out] rows, slopes a frame."""
    from facetake import formats, rig

    path = _keys_path(target)
    assert made.keys is not None
    table = {
        name: [
            [int(frame), round(float(value), 5), round(float(slope_in), 6), round(float(slope_out), 6)]
            for frame, value, slope_in, slope_out in zip(c.frames, c.values, c.slopes_in, c.slopes_out, strict=True)
        ]
        for name, c in zip(rig.NAMES, made.keys.curves, strict=True)
    }
    about = {"rate": str(made.take.rate), "start_s": str(made.take.start), "n_frames": made.take.n_frames}
    with formats.beside(path) as part:
        part.write_text(
            json.dumps({**about, "columns": ["frame", "value", "in", "out"], "keys": table}), encoding="utf-8"
        )
    return str(path)


def _keys_path(target: Path) -> Path:
    return target.with_suffix(".keys.json")


def _film(made: Performance, source: Path, out: Path, report: Reporter) -> str:
    from facetake import preview

    preview.render(
        made.take,
        source,
        out,
        progress=lambda done, total: report.progress(str(source), 0.5 + 0.5 * done / max(total, 1)),
    )
    return str(out)
