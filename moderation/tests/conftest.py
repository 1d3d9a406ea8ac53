"""Keepers of accounts for tests of moderation."""

from accounts.tests.conftest import local_mode, supabase

__all__ = ["local_mode", "supabase"]
