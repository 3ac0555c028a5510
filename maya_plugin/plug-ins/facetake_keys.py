"""Maya plug-in with one command, `facetakeKeys`: many keys on many plugs through the API, as one undoable edit.

Edits through the API are not undoable by themselves; a command that keeps its changes and its modifier is.
"""

from __future__ import annotations

from typing import Any

from maya.api import OpenMaya, OpenMayaAnim

from facetake_host import pending

NAME = "facetakeKeys"
APART = 1e-8
maya_useNewAPI = True  # noqa: N816  how Maya knows that this plug-in speaks API 2.0


class KeysCommand(OpenMaya.MPxCommand):  # type: ignore[misc]  # the stubs know no base class
    """Adds the keys that `pending` holds under the token given as argument."""

    def __init__(self) -> None:
        """Has done nothing yet."""
        super().__init__()
        self._change = OpenMayaAnim.MAnimCurveChange()
        self._modifier = OpenMaya.MDGModifier()

    def doIt(self, args: Any) -> None:
        """Keys every plug; where that fails or is cancelled, takes back what was done."""
        work = pending.TABLE[args.asString(0)]
        try:
            for number, (plug, times_s, curve) in enumerate(work.plugs):
                self._key(plug, times_s, curve, work.per_s)
                work.bar.advance((number + 1) / len(work.plugs))
        except BaseException as error:
            work.error = error
            self.undoIt()
            raise

    def _key(self, name: str, times_s: list[float], curve: Any, per_s: float) -> None:
        """One curve, there and connected before it gets keys, as which of the two comes first is not documented.

        Tangents are given as a rise over one second; at a corner the two sides are not locked. Their type is given
        twice, because others have found the one by key not to be heeded.
        """
        plug = OpenMaya.MSelectionList().add(name).getPlug(0)
        made = OpenMayaAnim.MFnAnimCurve()
        made.create(plug, OpenMayaAnim.MFnAnimCurve.kAnimCurveTL, self._modifier)
        self._modifier.doIt()  # what was added since the last time
        count = len(times_s)
        fixed = OpenMayaAnim.MFnAnimCurve.kTangentFixed
        instant = OpenMaya.MTime
        seconds = OpenMaya.MTime.kSeconds
        made.setIsWeighted(False, self._change)  # whatever the person's preference: slopes alone make the curve
        made.addKeysWithTangents(
            OpenMaya.MTimeArray([instant(at, seconds) for at in times_s]),
            OpenMaya.MDoubleArray(_told_apart(curve)),
            tangentInType=fixed,
            tangentOutType=fixed,
            tangentInTypeArray=OpenMaya.MIntArray([fixed] * count),
            tangentOutTypeArray=OpenMaya.MIntArray([fixed] * count),
            tangentInXArray=OpenMaya.MDoubleArray([1.0] * count),
            tangentInYArray=OpenMaya.MDoubleArray([slope * per_s for slope in curve.slopes_in]),
            tangentOutXArray=OpenMaya.MDoubleArray([1.0] * count),
            tangentOutYArray=OpenMaya.MDoubleArray([slope * per_s for slope in curve.slopes_out]),
            tangentsLockedArray=OpenMaya.MIntArray(
                [int(a == b) for a, b in zip(curve.slopes_in, curve.slopes_out, strict=True)]
            ),
            weightsLockedArray=OpenMaya.MIntArray([1] * count),
            convertUnits=False,
            change=self._change,
        )

    def redoIt(self) -> None:
        """Does it again."""
        self._modifier.doIt()
        self._change.redoIt()

    def undoIt(self) -> None:
        """Takes it back."""
        self._change.undoIt()
        self._modifier.undoIt()

    def isUndoable(self) -> bool:
        """Maya keeps this command on its undo queue."""
        return True


def _told_apart(curve: Any) -> list[float]:
    """Values, no two in a row the same where the curve moves between them: Maya takes such a stretch for flat."""
    values = list(curve.values)
    for index in range(1, len(values)):
        bend = curve.slopes_out[index - 1] or -curve.slopes_in[index]
        if bend and values[index] == values[index - 1]:
            values[index] += APART if bend > 0 else -APART  # to where the curve goes, which is within its range
    return values


def initializePlugin(plugin: Any) -> None:
    """Registers the command."""
    OpenMaya.MFnPlugin(plugin, "Facetake", "0.2.0").registerCommand(NAME, KeysCommand)


def uninitializePlugin(plugin: Any) -> None:
    """Takes the command away."""
    OpenMaya.MFnPlugin(plugin).deregisterCommand(NAME)
