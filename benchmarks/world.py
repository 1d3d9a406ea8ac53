"""The database the benchmarks read: 2,000 people, 50,000 strings, 200,000 likes, made by SQL in seconds."""

from django.core.management import call_command
from django.db import connection

PEOPLE = 2_000
STRINGS = 50_000
LIKES_PER_STRING = 4

_TEXT = (
    "'Today I thought about topic ' || n || ': ' || repeat('some words that people write about what they love. ', 25)"
)
_FILL = f"""
INSERT INTO auth.users (id, email, raw_user_meta_data)
SELECT md5('user' || n)::uuid, 'person' || n || '@lifestring.example', jsonb_build_object('name', 'Person ' || n)
  FROM generate_series(1, {PEOPLE}) n;
INSERT INTO public.strings (id, user_id, content_text, content_images, likes_count, created_at, updated_at)
SELECT md5('string' || n)::uuid, md5('user' || (n %% {PEOPLE}) + 1)::uuid, {_TEXT},
       CASE WHEN n %% 3 = 0 THEN '["https://images.lifestring.example/a.jpg"]'::jsonb END, {LIKES_PER_STRING},
       now() - n * interval '1 minute', now() - n * interval '1 minute'
  FROM generate_series(1, {STRINGS}) n;
INSERT INTO public.string_likes (string_id, user_id)
SELECT md5('string' || n)::uuid, md5('user' || ((n * 7 + k) %% {PEOPLE}) + 1)::uuid
  FROM generate_series(1, {STRINGS}) n, generate_series(1, {LIKES_PER_STRING}) k;
CREATE INDEX bench_strings_created ON public.strings (created_at DESC, id DESC);
"""


def build() -> None:
    """Migrate the database of the settings and fill it, once."""
    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.strings")
        if cursor.fetchone() == (0,):
            cursor.execute(_FILL.replace("%%", "%"))
            cursor.execute("VACUUM ANALYZE")
