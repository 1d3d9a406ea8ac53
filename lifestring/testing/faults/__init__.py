"""One thing after the other breaks beneath a steady load of writes and reads; what was promised is counted afterwards.

`python -m lifestring.testing.faults` runs every row of the table in docs/reliability.md and writes it there;
`--only=redis-pause` runs one. Each run prints its seed, and SEED=… repeats it.
"""
