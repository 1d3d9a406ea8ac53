"""Lists of who said what in a case."""

from collections.abc import Sequence

from django.template import Library

from moderation.admin_reads import Said

register = Library()


@register.inclusion_tag("admin/moderation/said.html")
def said(lines: Sequence[Said]) -> dict[str, Sequence[Said]]:
    """Show reports, notes or entries of the trail."""
    return {"lines": lines}
