"""Everything that asks for files: opening, the project, exporting. Behind each dialog is a method that asks nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QWidget

from facetake import edits, formats
from facetake.edits import LineEdits
from facetake.errors import ConfigError, FacetakeError, sentence
from facetake.take import Take
from facetake.ui import opening, project
from facetake.ui.desk import Desk
from facetake.ui.lines import SpokenLine
from facetake.ui.making import WRITTEN, Maker, Say
from facetake.ui.preferences import Preferences
from facetake.ui.project_file import ProjectFile

FILM: Final = "mp4"
NO_TAKE: Final = "There is no take of this line to export yet; generate one first."


class Filing:
    """Files to the desk, and from it.

    Attributes:
        file: the project's.
    """

    def __init__(self, parent: QWidget, desk: Desk, maker: Maker, say: Say, show: Callable[[], None]) -> None:
        """No project yet."""
        self._parent = parent
        self._desk = desk
        self._maker = maker
        self._say = say
        self._show = show
        self.remembered = Preferences()
        self.file = ProjectFile()
        self._edits: dict[Path, LineEdits] = {}

    def open(self, paths: list[Path]) -> None:
        """Takes sounds, takes, folders of both, or a project."""
        if found := [path for path in paths if path.suffix.lower() == project.SUFFIX]:
            self.open_project(found[0])
            return
        chosen = opening.sort(paths)
        lines = self._desk.add([one.sound for one in chosen.lines], [one.name for one in chosen.lines])
        problems: list[str] = [chosen.told] if chosen.told else []
        for line, opened in zip(lines, chosen.lines, strict=True):
            self._maker.look_at(line)
            problems += self._read_edits(line)
            for take in opened.takes:
                self._maker.open_take(line, take)
        if lines and len(paths) == 1:
            self.remembered.opened(paths[0])
        self._say("; ".join(problems), is_problem=bool(problems))
        self._show()

    def _read_edits(self, line: SpokenLine) -> list[str]:
        """Takes what lies beside the recording of a line that has just come; what is wrong with it."""
        path = edits.beside(line.sound) if line.sound and line.edits.is_empty else None
        if path is None:
            return []
        try:
            known = edits.read(path)
        except FacetakeError as error:
            return [str(error)]
        self._edits[path] = known
        self._desk.start_with(line.number, known)
        return []

    def open_project(self, path: Path) -> None:
        """Takes a project in place of what is there."""
        if not self.may_leave():
            return
        try:
            found = self.file.open(path, self._desk)
        except FacetakeError as error:
            self._say(str(error), is_problem=True)
            return
        self._maker.work.cancel()
        for line in self._desk.lines:
            self._maker.look_at(line)
            self._know_edits(line)
        if held := self.file.hold(path):
            self.file.let_go()
        self.remembered.opened(path)
        told = [held, *found.told] if held else found.told
        self._say("; ".join(told), is_problem=bool(told))
        self._show()

    def _know_edits(self, line: SpokenLine) -> None:
        """Notes that a line's edits lie beside its recording as the project has them, so that they may be written."""
        path = edits.beside(line.sound) if line.sound else None
        with suppress(FacetakeError):  # what cannot be read is somebody else's
            if path is not None and replace(edits.read(path), text=line.edits.text) == line.edits:
                self._edits[path] = edits.read(path)

    def open_left(self, path: Path) -> None:
        """Takes what a window that died had on its desk; it is in no project yet."""
        try:
            found = project.load(path)
        except FacetakeError as error:
            self._say(str(error), is_problem=True)
            return
        self._desk.put(found.lines)
        self._desk.kept = ()
        for line in self._desk.lines:
            self._maker.look_at(line)
        self._say("; ".join(["What was left is here again; save it as a project.", *found.told]))
        self._show()

    def browse(self) -> None:
        """Asks for files."""
        names, _ = QFileDialog.getOpenFileNames(self._parent, "Open", self._beside(), opening.FILTER)
        if names:
            self.open([Path(name) for name in names])

    def browse_folder(self) -> None:
        """Asks for a folder."""
        if name := QFileDialog.getExistingDirectory(self._parent, "Open a folder", self._beside()):
            self.open([Path(name)])

    def save(self) -> bool:
        """Writes the project; whether it was."""
        return self.save_as() if self.file.path is None else self.save_to(self.file.path)

    def save_as(self) -> bool:
        """Asks for a file and writes the project; whether it was."""
        name, _ = QFileDialog.getSaveFileName(
            self._parent, "Save project", self._beside(f"lines{project.SUFFIX}"), f"Project (*{project.SUFFIX})"
        )
        if not name:
            return False
        path = Path(name)
        if path.suffix.lower() != project.SUFFIX:
            path = path.with_name(path.name + project.SUFFIX)
            if path.exists() and not self._may_replace(f"{path.name} is there already. Replace it?"):
                return False
        return self.save_to(path)

    def save_to(self, path: Path) -> bool:
        """Writes the project into a file; whether it was."""
        is_written = self._try(lambda: self._write_project(path), f"{WRITTEN}{path}")
        if is_written:
            self.remembered.opened(path)
            self._write_edits()
        self._show()
        return is_written

    def _write_project(self, path: Path) -> list[str]:
        """Writes the project; nothing more is to be said of it."""
        self.file.save(path, self._desk)
        return []

    def _write_edits(self) -> None:
        """Puts the edits of each line beside its recording, where `generate` and other programs find them.

        A file there that somebody else has written, or that could not be read, is left alone.
        """
        for line in self._desk.lines:
            if line.sound is None or not line.sound.is_file():
                continue
            path = edits.path_beside(line.sound)
            if line.edits.is_empty and path not in self._edits:
                continue
            try:
                if path.is_file() and edits.read(path) not in (line.edits, self._edits.get(path)):
                    raise ConfigError(f"{path} has other edits, written elsewhere; it is left as it is")
                if line.edits.is_empty:
                    edits.remove(path)
                    del self._edits[path]
                else:
                    edits.write(line.edits, path)
                    self._edits[path] = line.edits
            except (FacetakeError, OSError) as error:
                self._say(f"The project is written; {sentence(error)}", is_problem=True)

    def may_leave(self) -> bool:
        """Whether what is not kept may go; asks where there are takes, moods or notes."""
        if not self._desk.is_changed or not any(map(_is_worth_keeping, self._desk.lines)):
            return True
        buttons = QMessageBox.StandardButton
        question = "There are takes, moods or notes that are in no project yet. Save them?"
        found = QMessageBox.question(
            self._parent, "Facetake", question, buttons.Save | buttons.Discard | buttons.Cancel, buttons.Save
        )
        return found == buttons.Discard or (found == buttons.Save and self.save())

    def find_recordings(self) -> None:
        """Asks for a folder, and looks there for the recordings that are not where they should be."""
        title = "Folder with the recordings that moved"
        if name := QFileDialog.getExistingDirectory(self._parent, title, self._beside()):
            self.find_in(Path(name))

    def find_in(self, folder: Path) -> None:
        """Looks for recordings below a folder."""
        found = project.find_sounds(self._desk.lines, folder)
        for number, sound in found.items():
            self._desk.move_sound(number, sound)
            line = self._desk.find(number)
            assert line is not None
            self._maker.look_at(line)
        gone = sum(one.sound is not None and not one.sound.is_file() for one in self._desk.lines)
        self._say(f"{len(found)} recordings were found; {gone} are still gone.", is_problem=gone > 0)
        self._show()

    def export(self) -> None:
        """Asks for a file and writes the take that is shown, or films it."""
        line = self._desk.line
        if line is None or line.top is None:
            self._say(NO_TAKE, is_problem=True)
            return
        filters = {f"{one.title} (*{one.suffix})": one for one in formats.FORMATS.values()}
        path, chosen = QFileDialog.getSaveFileName(
            self._parent, "Export take", self._beside(f"{line.name}.csv"), ";;".join([*filters, f"Film (*.{FILM})"])
        )
        if path:
            one = filters.get(chosen)  # what is typed counts where it has another suffix than what is chosen
            self.export_to(Path(path), one.name if one is not None and path.lower().endswith(one.suffix) else None)

    def export_to(self, path: Path, form: str | None = None) -> None:
        """Writes the take that is shown into a file, or films it."""
        line = self._desk.line
        if line is None or line.top is None:
            self._say(NO_TAKE, is_problem=True)
            return
        take = line.top.take
        if any(one.sound is not None and _is_same(path, one.sound) for one in self._desk.lines):
            self._say(f"{path} is the recording of a line and is not written over; name another file.", is_problem=True)
        elif path.suffix.lower() == f".{FILM}":
            self._maker.film(take, line.sound, path)
        else:
            self._try(lambda: _write(take, path, form), f"{WRITTEN}{path}")

    def export_all(self) -> None:
        """Asks for a format and a folder, and writes the shown take of every line."""
        form, is_chosen = QInputDialog.getItem(
            self._parent, "Export every line's take", "Format", list(formats.FORMATS), 0, False
        )
        title = "Folder for the takes"
        folder = QFileDialog.getExistingDirectory(self._parent, title, self._beside()) if is_chosen else ""
        if not folder:
            return
        targets = opening.targets(self._desk.lines, Path(folder), formats.FORMATS[form].suffix)
        there = sum(path.exists() for path in targets.values())
        if not there or self._may_replace(f"{there} files of these names are there already. Replace them?"):
            self.export_takes(targets, form)

    def export_takes(self, targets: Mapping[int, Path], form: str) -> None:
        """Writes the shown takes of lines, each by its number, into files."""
        done = 0
        lost: list[str] = []
        for number, path in targets.items():
            line = self._desk.find(number)
            assert line is not None and line.top is not None
            try:
                lost += _write(line.top.take, path, form)
                done += 1
            except FacetakeError as error:
                self._desk.problems[number] = str(error)
        failed = f"; {len(targets) - done} could not be, as the list says" if done < len(targets) else ""
        told = "; ".join((f"{WRITTEN}{done} takes{failed}", *dict.fromkeys(lost)))
        self._say(told, is_problem=done < len(targets) or not targets)
        self._show()

    def _may_replace(self, question: str) -> bool:
        """Asks whether files that are there may go, where no dialog of files has asked."""
        return bool(QMessageBox.question(self._parent, "Facetake", question) == QMessageBox.StandardButton.Yes)

    def _beside(self, name: str = "") -> str:
        """Where a dialog begins: beside the project, else beside the open line."""
        line = self._desk.line
        base = self.file.path or (line.sound if line else None)
        return str(base.parent / name) if base else name

    def _try(self, act: Callable[[], Sequence[str]], said: str) -> bool:
        """Does something that gives what more is to be said of it, and says how that went; whether it was done."""
        try:
            more = act()
        except (FacetakeError, OSError) as error:
            self._say(sentence(error), is_problem=True)
            return False
        self._say("; ".join((said, *more)))
        return True


def _write(take: Take, path: Path, form: str | None) -> list[str]:
    """Writes a take; what its file cannot hold of it."""
    formats.write(take, path, form)
    return formats.left_out(take, path, form)


def _is_worth_keeping(line: SpokenLine) -> bool:
    return bool(line.takes or line.mood or line.note or not line.edits.is_empty)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.resolve() == other.resolve()
    except (OSError, RuntimeError):  # a RuntimeError is a ring of symbolic links
        return False
