"""READ Avatars: an actor says anything in any mood, with a mouth interior that belongs to the sound.

Sound (`audio_features`) and a label of emotion become the face model's expression (`audio_to_parameters`), the model's
texture coordinates are drawn as the capture placed it (`surface`), a network of sines turns them and the sound's
phonemes into a neural texture and a U-Net turns that into the picture (`renderer`). `training`, `render` and
`evaluation` are the three commands; `settings` holds every number of them.
"""
