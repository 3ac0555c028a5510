"""READ Avatars: an actor says anything in any mood, with a mouth interior that belongs to the sound.

Sound and a label of emotion become the face model's expression (`parameters`), the model's texture coordinates are
drawn as the capture placed it (`surface`), a network of sines turns them and the sound's phonemes into a neural texture
and a U-Net turns that into the picture (`renderer`). `training`, `performing` and `evaluation` are the three commands;
`settings` holds every number of them, `clips` knows which clips an actor is learnt from.
"""
