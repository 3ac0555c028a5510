"""The expert performer: what turns phones, prosody, emotion and an actor's habits into curves."""
