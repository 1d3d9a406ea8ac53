"""Full text search in the languages of the texts, whatever their accents (docs/decisions/016-search.md)."""

from lifestring.search.documents import DOCUMENTS, EVENTS, NAMES, PEOPLE, STRINGS, Document
from lifestring.search.highlights import highlights
from lifestring.search.matches import MAX_RANKED, beginning, best_first, holding, matching, ranked

__all__ = [
    "DOCUMENTS",
    "EVENTS",
    "MAX_RANKED",
    "NAMES",
    "PEOPLE",
    "STRINGS",
    "Document",
    "beginning",
    "best_first",
    "highlights",
    "holding",
    "matching",
    "ranked",
]
