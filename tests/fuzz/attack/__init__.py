"""A standing attack on everything that Facetake opens: hostile files, lists, models and requests.

Every case is made of a door, a seed and a number alone, so that one that fell can be tried again. What is promised of
each is in `attack.promise`; how they are run is in `attack.runner`; what opens what is in `attack.doors`.
"""
