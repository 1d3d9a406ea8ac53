"""The database of `benchmarks vectors`: people and strings by the ten thousand, each with a vector of 1,536 dimensions.

As those of real texts are, vectors are clustered: two of them have something in common anyway, those of one topic much,
and within a topic some are nearer than others. Whoever asks knows people who are like them, which is what makes filters
hard: of their nearest, many are left out.
"""

import uuid

from django.core.management import call_command
from django.db import connection

from ai.models import DEFAULT_MODEL, DIMENSIONS

TOPICS = 200
TRAITS = 4_000
# How many ways there are to differ within a topic.
WAYS = 16
ASKING = 50

_PARTS = f"""
CREATE FUNCTION pg_temp.times(factor float, v vector) RETURNS vector IMMUTABLE PARALLEL SAFE LANGUAGE sql
    AS 'SELECT array_fill(factor::real, ARRAY[{DIMENSIONS}])::vector * v';
CREATE TEMP TABLE trait AS
    SELECT n, l2_normalize(array_agg(random_normal())::vector) AS v
      FROM generate_series(0, {TRAITS + TOPICS}) n, generate_series(1, {DIMENSIONS}) GROUP BY n;
ALTER TABLE trait ADD PRIMARY KEY (n);
"""
# The first topics have most, as life has it; row {TRAITS} is common to all. Within a topic vectors spread in a few ways,
# each less than the one before, and each has something nobody else has.
_MADE = f"""
SELECT made.n, l2_normalize(pg_temp.times(0.35, common.v) + pg_temp.times(0.5, main.v) + spread.v
                            + pg_temp.times(0.2, one.v) + pg_temp.times(0.15, two.v)) AS v
  FROM (SELECT n, floor({TOPICS} * random() ^ 2)::int AS topic, floor({TRAITS} * random())::int AS one,
               floor({TRAITS} * random())::int AS two
          FROM generate_series(1, %(count)s) n OFFSET 0) made
  JOIN trait common ON common.n = {TRAITS}
  JOIN trait main ON main.n = {TRAITS} + 1 + made.topic
  JOIN trait one ON one.n = made.one
  JOIN trait two ON two.n = made.two
  JOIN LATERAL (
    SELECT sum(pg_temp.times(0.2 * 0.93 ^ way * random_normal(), t.v)) AS v
      FROM generate_series(0, {WAYS} - 1) way JOIN trait t ON t.n = ({WAYS} * made.topic + way) %% {TRAITS}
     WHERE made.n > 0) spread ON true
"""
_PEOPLE = f"""
INSERT INTO auth.users (id, email, raw_user_meta_data, banned_until)
SELECT md5('person' || n)::uuid, 'person-' || n || '@vectors.lifestring.example',
       jsonb_build_object('name', 'Person ' || n), CASE WHEN n %% 101 = 0 THEN now() + interval '1 year' END
  FROM generate_series(1, %(count)s) n;
UPDATE public.user_profiles SET attributes = jsonb_build_object('interests', jsonb_build_array(
       'interest ' || abs(hashtext(user_id::text)) %% 50, 'interest ' || abs(hashtext(id::text)) %% 50));
INSERT INTO django.accounts_suspension (user_id, reason, suspended_at)
SELECT md5('person' || n)::uuid, '', now() FROM generate_series(1, %(count)s, 97) n;
INSERT INTO public.user_embeddings (user_id, embedding, content_hash, model_version)
SELECT md5('person' || n)::uuid, v, n, '{DEFAULT_MODEL}' FROM ({_MADE}) people;
"""
_STRINGS = f"""
INSERT INTO public.strings (id, user_id, content_text, created_at, updated_at)
SELECT md5('string' || n)::uuid, md5('person' || 1 + n %% %(count)s)::uuid, 'words ' || n,
       now() - n * interval '1 minute', now() - n * interval '1 minute'
  FROM generate_series(1, %(count)s) n;
INSERT INTO public.string_embeddings (string_id, embedding, content_hash, model_version)
SELECT md5('string' || n)::uuid, v, n, '{DEFAULT_MODEL}' FROM ({_MADE}) strings;
"""
# Every third of the 600 most like them somebody is connected with, in one way or another; of the next each tenth is
# dismissed, and of the strings most like them each tenth is liked.
_TIES = """
WITH asking AS (SELECT user_id, embedding AS v FROM public.user_embeddings WHERE user_id = ANY (%(asking)s)),
near AS MATERIALIZED (
    SELECT a.user_id, n.user_id AS other, row_number() OVER (PARTITION BY a.user_id ORDER BY n.embedding <=> a.v) AS place
      FROM asking a, LATERAL (SELECT user_id, embedding FROM public.user_embeddings e WHERE e.user_id <> a.user_id
                               ORDER BY (e.embedding <=> a.v) + 0 LIMIT 600) n),
connected AS (
    INSERT INTO public.user_connections (requester_id, receiver_id, status)
    SELECT user_id, other, (ARRAY['accepted', 'pending', 'declined', 'blocked'])[1 + place %% 4]::connection_status
      FROM near WHERE place %% 3 = 0 ON CONFLICT DO NOTHING)
INSERT INTO public.user_recommendations (user_id, recommended_user_id, similarity_score, status)
SELECT user_id, other, 0.5, 'dismissed' FROM near WHERE place %% 10 = 1;
INSERT INTO public.string_likes (user_id, string_id)
SELECT a.user_id, s.string_id FROM public.user_embeddings a, LATERAL (
           SELECT string_id, row_number() OVER () AS place
             FROM (SELECT string_id FROM public.string_embeddings s
                    ORDER BY (s.embedding <=> a.embedding) + 0 LIMIT 300) nearest) s
 WHERE a.user_id = ANY (%(asking)s) AND s.place %% 10 = 0;
"""


def build(count: int) -> list[uuid.UUID]:
    """Migrate the database of the settings, fill it with so many people and strings, and return who asks."""
    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(_PARTS)
        for statements in (_PEOPLE, _STRINGS):
            for statement in statements.split(";\n"):
                if statement.strip():
                    cursor.execute(statement, {"count": count})
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT id FROM auth.users WHERE banned_until IS NULL ORDER BY md5(id::text) LIMIT %s", [ASKING])
        asking = [row[0] for row in cursor.fetchall()]
        for statement in _TIES.split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"asking": asking})
        cursor.execute("VACUUM ANALYZE")
    return asking
