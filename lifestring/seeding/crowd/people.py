"""The people of a crowd: accounts that can sign in, and profiles that say something."""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection

from lifestring.seeding.content import MAIL_DOMAIN
from lifestring.seeding.crowd.copying import copy, field
from lifestring.seeding.crowd.crowd import JOINING_SECONDS, PAST_SECONDS, Crowd

_LISTS = ("interests", "passions", "hobbies", "skills", "questions")
_ACCOUNT_COLUMNS = (
    "id, aud, role, email, encrypted_password, email_confirmed_at, raw_user_meta_data, raw_app_meta_data, created_at, "
    "updated_at"
)
_PROFILE_COLUMNS = "id, user_id, contact_info, social_links, attributes, biography, meta, created_at, updated_at"
# The trigger on auth.users has made a bare profile of each account.
_FILL = """
UPDATE public.user_profiles profile
   SET id = made.id, contact_info = made.contact_info, social_links = made.social_links, attributes = made.attributes,
       biography = made.biography, meta = made.meta, created_at = made.created_at, updated_at = made.updated_at
  FROM crowd_profiles made WHERE made.user_id = profile.user_id
"""


def first_email() -> str:
    """Return the address by which a crowd is known to be there."""
    return _email(0)


def plant_people(crowd: Crowd, password_hash: str) -> None:
    """Store accounts and their profiles."""
    count = crowd.sizes.people
    crowd.people = [crowd.id() for _ in range(count)]
    names = [_name(crowd) for _ in range(count)]
    # Who is busy has nothing to do with who came first.
    ages = [PAST_SECONDS + JOINING_SECONDS * crowd.random.random() for _ in range(count)]
    copy(crowd.progress, "auth.users", _ACCOUNT_COLUMNS, _accounts(crowd, names, ages, password_hash), count)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE crowd_profiles (LIKE public.user_profiles)")
        copy(crowd.progress, "crowd_profiles", _PROFILE_COLUMNS, _profiles(crowd, names, ages), count)
        cursor.execute(_FILL)
        cursor.execute("DROP TABLE crowd_profiles")


def _email(person: int) -> str:
    return f"person-{person}@crowd.{MAIL_DOMAIN}"


def _name(crowd: Crowd) -> str:
    first = crowd.random.choice(list(crowd.content.people.values()))["name"].split()[0]
    return f"{first} {crowd.random.choice(crowd.words.compounds).capitalize()}"


def _json(value: Any) -> str:
    return field(json.dumps(value, ensure_ascii=False))


def _accounts(crowd: Crowd, names: list[str], ages: list[float], password_hash: str) -> Iterator[str]:
    app = _json({"provider": "email", "providers": ["email"]})
    for person, user_id in enumerate(crowd.people):
        at, email = crowd.at(ages[person]), _email(person)
        own = _json({"name": names[person], "email": email, "email_verified": True})
        yield "\t".join(
            (user_id, "authenticated", "authenticated", email, field(password_hash), at, own, app, at, f"{at}\n")
        )


def _profiles(crowd: Crowd, names: list[str], ages: list[float]) -> Iterator[str]:
    models = list(crowd.content.people.values())
    for person, user_id in enumerate(crowd.people):
        model, at = crowd.random.choice(models), crowd.at(ages[person])
        contact = {"name": names[person], "location": model["location"], "email": _email(person), "phone": ""}
        attributes = {key: crowd.random.choice(models)[key] for key in _LISTS}
        biography = {"bio": crowd.words.text(crowd.random, 20), "work": model["work"], "education": model["education"]}
        row = (crowd.id(), user_id, _json(contact), "{}", _json(attributes), _json(biography), "{}", at, f"{at}\n")
        yield "\t".join(row)
