"""What trainings of all portrait systems share: their folder, presets, schedules, augmentation, losses and devices."""
