"""What the OpenAPI document says of search."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from accounts.answers import PROFILE, UserAnswer
from ai.hybrid import TYPES
from events.answers import EVENT, EventAnswer
from lifestring.openapi import parameters
from lifestring.openapi.envelopes import envelope
from lifestring.openapi.fields import Answer
from lifestring.openapi.operations import answer, document
from strings.answers import STRING, StringPostAnswer

_HIGHLIGHT = (
    "What matched, in its surroundings: HTML, escaped but for `<mark>` around each word found. Passages are joined by "
    "` … `. Null where that is beyond the beginning of the texts, or where it is the meaning alone that matches."
)
_SCORE = "How well it matches: 1 is what comes first by words and, where they decide as well, by meaning."


class FoundStringAnswer(StringPostAnswer):
    """A string that matches."""

    score = serializers.FloatField(min_value=0, max_value=1, help_text=_SCORE)
    highlight = serializers.CharField(allow_null=True, help_text=_HIGHLIGHT)


class FoundUserAnswer(UserAnswer):
    """A person who matches."""

    score = serializers.FloatField(min_value=0, max_value=1, help_text=_SCORE)
    highlight = serializers.CharField(allow_null=True, help_text=_HIGHLIGHT)


class FoundEventAnswer(EventAnswer):
    """An event that matches."""

    score = serializers.FloatField(min_value=0, max_value=1, help_text=_SCORE)
    highlight = serializers.CharField(allow_null=True, help_text=_HIGHLIGHT)


class FoundAnswer(Answer):
    """The best matches of each kind asked for, the best first."""

    strings = FoundStringAnswer(many=True, required=False)
    people = FoundUserAnswer(many=True, required=False)
    events = FoundEventAnswer(many=True, required=False)


class SearchMetaAnswer(Answer):
    """How the question was understood."""

    query = serializers.CharField(help_text="The words, without spaces around them.")
    mode = serializers.ChoiceField(
        ["hybrid", "text"], help_text="`hybrid`: by words and by meaning; `text`: by words alone."
    )


SearchResultAnswer = envelope("SearchResult", "What was found.", data=FoundAnswer(), meta=SearchMetaAnswer())

search_docs = document(
    list=extend_schema(
        operation_id="search",
        tags=["Search"],
        summary="Search strings, people and events",
        description=(
            "Finds what holds all the words, words that begin like them, or inflections of them in the text's "
            'language; accents make no difference. `"words in quotes"` must follow each other just so, `-word` must '
            "not be there. Looks into the text of strings, people's names, biographies and attributes (never their "
            "contact data), title, description and place of events. Where a model is set up, what means the same in other "
            "words is found as well, and `meta.mode` is `hybrid`; not for questions with quotes or exclusions, which are "
            "taken at their word, nor while the model does not answer. People a block stands between do not appear, nor "
            "what they wrote."
        ),
        parameters=[
            parameters.text("q", "The words to look for.", required=True),
            OpenApiParameter(
                "type", {"type": "string", "enum": list(TYPES)}, description="Only this kind; without it, all of them."
            ),
            parameters.limit(default=10, most=50),
        ],
        responses={
            200: answer(
                SearchResultAnswer,
                "The best matches.",
                found={
                    "data": {
                        "strings": [
                            {
                                **STRING,
                                "score": 1.0,
                                "highlight": "Looking for a <mark>chess</mark> partner",
                            }
                        ],
                        "people": [{**PROFILE, "score": 0.9919, "highlight": "<mark>chess</mark>"}],
                        "events": [{**EVENT, "score": 1.0, "highlight": "<mark>Chess</mark> in the park"}],
                    },
                    "meta": {"query": "chess", "mode": "hybrid"},
                },
            )
        },
    )
)
