"""A few rooms full of people while everything beneath them breaks; afterwards everybody must know the same.

`python -m lifestring.testing.chaos` is one run, `--runs=20` that many. Each prints its seed, and SEED=… repeats it.
"""
