"""An actor captured once from video: a face model fitted to every frame, kept in a folder that all systems read."""
