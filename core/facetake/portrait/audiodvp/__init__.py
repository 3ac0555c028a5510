"""AudioDVP: an actor's video says what it is told (papers: Photorealistic Audio-driven Video Portraits).

Sound becomes the face model's expression (`expression`), the model is drawn as the capture placed it (`proxy`), a
network turns the drawing of the lower face into a picture (`renderer`), which is laid over the actor's video.
`training`, `render` and `evaluation` are the three commands; `settings` holds every number of them.
"""
