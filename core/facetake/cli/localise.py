"""`facetake localise`: an approved take to a recording in another language."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs, made_take, options, scripts
from facetake.cli.generate import check_suffix, take_suffix
from facetake.cli.terminal import Reporter
from facetake.cli.written import add_force, replacing
from facetake.errors import ConfigError

if TYPE_CHECKING:
    from facetake.localise import LocaliseReport, PhraseFit
    from facetake.take import Take

NAME = "localise"
ABOUT = "perform an approved take to another recording of its line: its face kept, retimed by phrases; new lips"
EXAMPLES = (
    "guard.json --audio guard_de.wav -o guard_de.json",
    "guard.json --audio guard_de.wav --original lines/guard.wav -o guard_de.json --report fit.json",
    "guard.csv --audio guard_fr.wav --original guard.wav --emotion angry:0.8 -o guard_fr.csv",
    "guard.json --audio guard_de.wav --text 'Halt, wer {da}?' --language de",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("take", type=Path, metavar="TAKE", help="the approved take, in any format")
    parser.add_argument("--audio", type=Path, required=True, metavar="AUDIO", help="the line in the other language")
    parser.add_argument("-o", "--out", type=Path, help="the file to write; default: beside the sound")
    parser.add_argument(
        "--original",
        type=Path,
        metavar="AUDIO",
        help="what TAKE was made for: finds its phrases by ear, not by its mouth; default: the sound beside TAKE that "
        "it names",
    )
    parser.add_argument("--emotion", metavar="WHAT", help="of the new lips, as for generate; default: the take's own")
    parser.add_argument("--seed", type=options.whole(), default=0, help="of the new lips")
    scripts.add_arguments(parser)
    parser.add_argument("--report", type=Path, metavar="OUT.json", help="also write what fitted and what did not")
    parser.add_argument("--format", dest="form", metavar="NAME", help="format to write, where the suffix does not tell")
    parser.add_argument("--from", dest="source_form", metavar="NAME", help="format of TAKE, where it cannot be told")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a model folder of your own")
    add_force(parser)


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Localises one take."""
    from facetake import emotion, formats, inference
    from facetake.files import json_text
    from facetake.formats.files import beside
    from facetake.generate import GenerateOptions
    from facetake.localise import LocaliseOptions, localise

    out = _target(arguments)
    if arguments.emotion:
        emotion.check(arguments.emotion)
    item = str(arguments.audio)
    performance = scripts.chosen(GenerateOptions(arguments.emotion, seed=arguments.seed), arguments, 1)
    performance = replace(performance, text=scripts.text_of(arguments.audio, arguments))
    take = formats.read(arguments.take, arguments.source_form)
    for note in formats.notes(take):
        report.warning(str(arguments.take), f"{arguments.take}: {note}")
    report.start(item, 0, 1)
    original = arguments.original or _beside(arguments.take, take)
    if original and not arguments.original:
        report.note(item, [f"phrases of the take are those of {original}, its sound"], {"original": str(original)})
    asked = LocaliseOptions(original, performance)
    made = localise(
        take, arguments.audio, asked, inference.load(arguments.model), lambda done: report.progress(item, done)
    )
    with replacing(out, report, item, force=arguments.force):
        formats.write(made.take, out, arguments.form)
    if arguments.report:
        with replacing(arguments.report, report, item, force=arguments.force), beside(arguments.report) as part:
            part.write_text(json_text.dump(made.report.facts, indent=1) + "\n", encoding="utf-8", newline="\n")
    if made.performance.told:
        report.note(item, list(made.performance.told), {"sound": list(made.performance.told)})
    if made.performance.aligned:
        scripts.tell(report, item, made.performance.aligned)
    report.note(item, _lines(made.report), {"localised": made.report.facts})
    made_take.tell(report, item, out, made.take, arguments.form)
    report.done(item, [str(out), *([str(arguments.report)] if arguments.report else [])])
    return 0


def _target(arguments: argparse.Namespace) -> Path:
    """Where the take goes. ConfigError for every mistake that shows before anything runs."""
    [out] = inputs.outputs_for([arguments.audio], arguments.out, take_suffix(arguments.form))
    if arguments.form is None:
        check_suffix(out)
    written = [(arguments.audio, path) for path in (out, arguments.report) if path]
    read = [arguments.take, arguments.audio, *([arguments.original] if arguments.original else [])]
    if arguments.emotion:
        read.append(Path(arguments.emotion))
    read += scripts.read_files(arguments)
    inputs.refuse_overwriting(written, read)
    for _, path in written:
        inputs.check_target(path)
    if arguments.report and arguments.report.suffix.lower() != ".json":
        raise ConfigError(f"{arguments.report}: the report is JSON; end its name in .json")
    return out


def _beside(path: Path, take: Take) -> Path | None:
    """The recording a take was made from, where it lies in its folder and nobody changed it."""
    from facetake import files

    name, sha256 = (take.origin.get(key) for key in ("audio", "audio_sha256"))
    if not isinstance(name, str) or Path(name).name != name or not name:
        return None
    found = path.parent / name
    try:
        return found if files.hash_of(found) == sha256 else None
    except OSError:  # it lies elsewhere
        return None


def _lines(report: LocaliseReport) -> list[str]:
    """What was done, for a person."""
    lines = [f"take {report.take_s:.2f} s -> line {report.line_s:.2f} s"]
    lines += [_row(one) for one in report.fits]
    return [*lines, *(report.told or ("everything fits",))]


def _row(one: PhraseFit) -> str:
    """One phrase or group."""
    spoken, said = (f"{span[0]:.2f}-{span[1]:.2f} s" if span else "nothing" for span in (one.take_s, one.line_s))
    stretch = f", {one.stretch:.2f} times as long" if one.stretch else ""
    shown = f", shows {one.shown_s[0]:.2f}-{one.shown_s[1]:.2f} s again" if one.shown_s else ""
    return f"{spoken} -> {said}{stretch}{shown}"
