"""Runs when the editor starts. Whatever goes wrong here is a line in the log and never stops the editor."""

try:
    from facetake_unreal import menu

    menu.add()
except Exception as error:  # the editor must start
    try:
        import unreal

        unreal.log_warning(f"Facetake: the menu could not be added ({type(error).__name__}: {error})")
    except Exception:  # noqa: S110  not even a log to write to
        pass
