"""The people of the demo world: accounts, profiles, types, and what stands between them."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from lifestring.seeding.content import email_of
from lifestring.seeding.world import PAST_DAYS, World, stable_id, table

RECOMMENDATIONS_EACH = 4
_BIOGRAPHY = ["bio", "ambitions", "dreams", "goals", "education", "work", "relationship_status", "looking_for"]
_LISTS = ["passions", "hobbies", "questions", "interests", "skills"]
# Passwords are Supabase Auth's, so no model of ours knows the column.
_ACCOUNT = """
INSERT INTO auth.users (id, aud, role, email, encrypted_password, email_confirmed_at, raw_user_meta_data,
                        raw_app_meta_data, is_anonymous, created_at, updated_at)
VALUES (%(id)s, 'authenticated', 'authenticated', %(email)s, %(hash)s, %(at)s, %(own)s::jsonb, %(app)s::jsonb, false,
        %(at)s, %(at)s)
"""


def plant_people(world: World, password_hash: str) -> None:
    """Store accounts that can sign in, their profiles and their enneagram types."""
    joined = {
        name: world.ago(PAST_DAYS - 5 * position / len(world.content.people))
        for position, name in enumerate(world.content.people)
    }
    with connection.cursor() as cursor:
        cursor.executemany(_ACCOUNT, [_account(world, name, joined[name], password_hash) for name in joined])
    types = {kind.type_number: kind for kind in table("accounts.Enneagram").objects.all()}
    profiles = table("accounts.UserProfile")
    # The trigger on auth.users has made a bare profile for each.
    profiles.objects.bulk_create(
        [profiles(**_profile(world, name, joined[name], types)) for name in joined],
        update_conflicts=True,
        unique_fields=["user_id"],
        update_fields=[
            *("contact_info", "social_links", "attributes", "biography", "meta"),
            *("created_at", "updated_at", "is_admin", "is_mod"),
        ],
    )
    choices = table("accounts.UserEnneagram")
    choices.objects.bulk_create(
        choices(user_id=world.user_ids[name], enneagram_id=types[person["enneagram"]].id)
        for name, person in world.content.people.items()
    )


def _account(world: World, name: str, joined: datetime, password_hash: str) -> dict[str, Any]:
    user_id, email = world.user_ids[name], email_of(name)
    own = {
        "name": world.content.people[name]["name"],
        "sub": str(user_id),
        "email": email,
        "email_verified": True,
        "phone_verified": False,
    }
    return {
        "id": user_id,
        "email": email,
        "hash": password_hash,
        "at": joined,
        "own": json.dumps(own),
        "app": json.dumps({"provider": "email", "providers": ["email"]}),
    }


def _profile(world: World, name: str, joined: datetime, types: dict[int, Any]) -> dict[str, Any]:
    person = world.content.people[name]
    contact = {
        **{key: person[key] for key in ("name", "location", "birthday")},
        "email": email_of(name),
        "phone": person.get("phone", ""),
        "website": person.get("website", ""),
    }
    if "address" in person:
        contact["address"] = person["address"]
    return {
        "user_id": world.user_ids[name],
        "contact_info": contact,
        "social_links": {"instagram": f"@{name}.lifestring", "twitter": "", "linkedin": ""},
        "attributes": {**{key: person[key] for key in _LISTS}, "enneagram": types[person["enneagram"]].name},
        "biography": {key: person[key] for key in _BIOGRAPHY},
        "meta": {"time_zone": person["time_zone"], "onboarded": True},
        "created_at": joined,
        "updated_at": world.after(joined, 48),
        "is_admin": person.get("role") == "admin",
        "is_mod": person.get("role") == "mod",
    }


def plant_connections(world: World) -> None:
    """Store connections of every status."""
    connections = table("accounts.UserConnection")
    rows = []
    for status, pairs in world.content.connections.items():
        for requester, receiver in pairs:
            asked = world.ago(world.random.uniform(1, 8 if status == "pending" else 50))
            rows.append(
                connections(
                    requester_id=world.user_ids[requester],
                    receiver_id=world.user_ids[receiver],
                    status=status,
                    created_at=asked,
                    updated_at=asked if status in {"pending", "blocked"} else world.after(asked, 12),
                )
            )
    connections.objects.bulk_create(rows)


def plant_recommendations(world: World) -> None:
    """Store, for everybody, the people they share most with and are not connected to.

    A recommendation that was accepted is one that became a connection.
    """
    recommendations = table("accounts.UserRecommendation")
    rows = []
    for name in world.content.people:
        statuses = ["viewed", "dismissed", *["generated"] * RECOMMENDATIONS_EACH]
        for other, is_connected in _best_matches(world, name):
            status = "accepted" if is_connected else statuses.pop(0)
            made = world.ago(world.random.uniform(0.5, 20))
            rows.append(
                recommendations(
                    id=stable_id("recommendations", name, other),
                    user_id=world.user_ids[name],
                    recommended_user_id=world.user_ids[other],
                    similarity_score=_score(world, name, other),
                    status=status,
                    context={"shared_interests": world.shared_interests(name, other)},
                    created_at=made,
                    updated_at=made if status == "generated" else world.after(made, 24),
                )
            )
    recommendations.objects.bulk_create(rows)


def _best_matches(world: World, name: str) -> list[tuple[str, bool]]:
    """The people who share most, each with whether they are connected: at most one of those."""
    standing = {frozenset(pair) for status in ("pending", "declined") for pair in world.content.connections[status]}
    candidates = [
        other
        for other in world.content.people
        if other != name and world.may_meet(name, [other]) and frozenset((name, other)) not in standing
    ]
    candidates.sort(key=lambda other: -len(world.shared_interests(name, other)))
    connected = [other for other in candidates if frozenset((name, other)) in world.content.connected]
    strangers = [other for other in candidates if other not in connected]
    return [
        *((other, True) for other in connected[:1]),
        *((other, False) for other in strangers[:RECOMMENDATIONS_EACH]),
    ]


def _score(world: World, name: str, other: str) -> Decimal:
    shared = len(world.shared_interests(name, other))
    return Decimal(str(round(min(0.97, 0.31 + 0.17 * shared + world.random.uniform(0, 0.09)), 4)))
