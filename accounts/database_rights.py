"""What the database role may do to Supabase's own tables, where an installation may have it otherwise."""

from lifestring.statements import first_row

# A role that row policies hold for would delete nothing, and hear nothing of it.
_MAY_END = "SELECT has_table_privilege('auth.sessions', 'DELETE') AND NOT row_security_active('auth.sessions')"


def may_end_sessions() -> bool:
    """Whether the database role may end Supabase's sessions."""
    return bool((first_row(_MAY_END, None) or (False,))[0])
