"""Searching by words and by meaning finds more of what it should than either alone (`make bench ARGS=search_quality`)."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from ai.embedding import embeddings_sweep
from benchmarks.search_labels import Quality, judged, labels, means
from benchmarks.search_quality import ways
from lifestring.seeding import plant_world
from lifestring.seeding.content import load_content
from lifestring.testing.openai_server import ModelServer


def test_every_label_names_something_of_the_demo_world():
    content = load_content()
    known = {*content.people, *(event["key"] for event in content.events)}
    known |= {f"{name}/{number}" for name, own in content.strings.items() for number in range(len(own))}
    asked = labels()
    assert len({label.question for label in asked}) == len(asked) >= 60
    assert {name for label in asked for name in label.names} <= known


@pytest.mark.django_db(transaction=True)
def test_both_together_are_no_worse_than_either(models: ModelServer):
    plant_world(password_hash="*", number=1, now=timezone.now(), only_if_empty=True)
    cache.clear()
    embeddings_sweep()
    # Some of each kind.
    asked = labels()[::5]
    found: dict[str, Quality] = {
        way: means([quality for label, _, quality in judged(search, asked) if label.answers])
        for way, search in ways().items()
    }
    by_words, by_meaning, by_both = found["words"], found["meaning"], found["both"]
    assert by_both.ndcg > by_words.ndcg + 0.3
    assert by_both.recall > by_words.recall + 0.3
    assert by_both.ndcg >= by_meaning.ndcg
    assert by_both.recall >= by_meaning.recall
    nonsense = [quality for label, _, quality in judged(ways()["both"], labels()[-2:])]
    assert means(nonsense).found < 5
