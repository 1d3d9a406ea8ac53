"""Keepers of accounts for tests of moderation."""

from accounts.tests.conftest import local_mode, supabase
from lifestring.testing import browser

__all__ = ["local_mode", "supabase"]

collect_ignore = [] if browser.wanted() else ["test_browser.py"]
