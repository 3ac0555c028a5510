"""Maya runs this at start; the menu comes when the window is there, and no mistake here stops Maya."""

from maya import cmds


def _add_facetake() -> None:
    try:
        from facetake_maya import menu

        menu.add()
    except Exception as error:  # Maya must start
        cmds.warning(f"Facetake: the menu could not be added ({type(error).__name__}: {error})")


cmds.evalDeferred(_add_facetake, lowestPriority=True)
