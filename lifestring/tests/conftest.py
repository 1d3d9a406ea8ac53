"""What the project's own tests need besides the fixtures of all."""

from lifestring.tests import pgbouncer

collect_ignore = [] if pgbouncer.wanted() else ["test_pgbouncer.py"]
