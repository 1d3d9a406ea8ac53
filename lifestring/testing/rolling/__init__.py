"""Every process of the product is replaced, one after the other, while people use it; nothing may be lost by that.

`python -m lifestring.testing.rolling` is the whole of it, `--short` the form that tests use (docs/deploy.md, Rolling restarts).
"""
