"""Fixtures for all tests: the cast, clients that speak for them, and a clean database after tests that commit.

alice owns, bob is connected to her and a member of her room, charlie is a stranger.
"""

from lifestring.testing.fixtures import *  # noqa: F403
from lifestring.testing.scratch import scratch  # noqa: F401
