"""Landmark translation: one photograph, or a captured actor, says a line with its emotion by way of 68 points.

Sound becomes the points of a face (`motion.neutral`), an emotion is put into them by their edges (`motion.emotions`),
they are drawn as lines (`image.sketch`), and networks turn the lines and the photograph into a picture
(`image.translator`). `training`, `render` and `evaluation` are the three commands; `settings` holds every number of
them.
"""
