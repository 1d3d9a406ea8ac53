-- Optional indexes on Supabase's tables, for installations with more than some ten thousand rows (docs/deploy.md, Indexes).
--
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f deploy/sql/indexes.sql      or      python manage.py create_indexes
--
-- Everything is built CONCURRENTLY, so nobody waits and nothing of it may run inside a transaction. It may be repeated:
-- what is there by its name is left alone. They change no table, and DROP INDEX CONCURRENTLY takes them away again. What
-- a statement before \gexec returns is run as a statement of its own.
--
-- Each states the requests it is for, their time without it -> with it, and its size, measured through REST where there
-- are 1,000,000 strings, 5,000,000 likes, 2,000,000 messages, 50,000 people and 20,000 events (benchmarks/growth.py), on
-- two cores that did much else: the ratio counts.

-- Building takes longer than Supabase lets a statement run.
SET statement_timeout = 0;

-- The feed, by page and by cursor, and searches by a common word, newest first: 2,600 ms -> 9 ms; 39 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS strings_created_at_id_idx
    ON public.strings (created_at DESC, id DESC);

-- A profile's strings, /my/strings, /my/recent, and what is erased with a person: 420 ms -> 6 ms; 56 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS strings_user_id_created_at_id_idx
    ON public.strings (user_id, created_at DESC, id DESC);

-- Strings about one thing (stringable_id): 256 ms -> 6 ms; 3 MB, since few strings are about a thing.
CREATE INDEX CONCURRENTLY IF NOT EXISTS strings_stringable_id_created_at_id_idx
    ON public.strings (stringable_id, created_at DESC, id DESC) WHERE stringable_id IS NOT NULL;

-- The feed with sort_by=likes_count: 2,600 ms -> 9 ms; 39 MB. It has a price: without this index and the next one, most
-- likes and comments change a string in place; with either they write to every index of the table (0.15 -> 0.32 ms).
CREATE INDEX CONCURRENTLY IF NOT EXISTS strings_likes_count_id_idx
    ON public.strings (likes_count DESC, id DESC);

-- The feed with sort_by=comments_count: 2,700 ms -> 9 ms; 39 MB. Its price is that of the one before.
CREATE INDEX CONCURRENTLY IF NOT EXISTS strings_comments_count_id_idx
    ON public.strings (comments_count DESC, id DESC);

-- /search and /strings?search=: 51,000 ms -> 18 ms for a rare word; 183 MB, built in two minutes. This one and the other
-- four for search call a function that `migrate` makes; where it makes documents otherwise, they get names of their own.
CREATE INDEX CONCURRENTLY IF NOT EXISTS strings_search_v1_idx
    ON public.strings USING gin (django.search_document_v1(coalesce(content_text, ''), NULL));

-- The next one begins where the newest 125,000 strings did when it was made. Four times as many make it nearly as slow as
-- the one before: then it goes, and is made anew.
SELECT 'DROP INDEX CONCURRENTLY public.strings_search_recent_v1_idx' FROM pg_catalog.pg_class
 WHERE oid = to_regclass('public.strings_search_recent_v1_idx') AND reltuples > 500000 \gexec

-- The same by two words, or others that few of the newest strings hold: 32 ms -> 17 ms; 31 MB and growing.
SELECT format($$
CREATE INDEX CONCURRENTLY IF NOT EXISTS strings_search_recent_v1_idx
    ON public.strings USING gin (django.search_document_v1(coalesce(content_text, ''), NULL)) WHERE created_at >= %L
$$, coalesce((SELECT created_at FROM public.strings ORDER BY created_at DESC OFFSET 125000 LIMIT 1), now())) \gexec

-- /my/liked-strings, and likes that are erased with a person: 640 ms -> 13 ms; 237 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS string_likes_user_id_string_id_idx
    ON public.string_likes (user_id, string_id);

-- Comments on a string, the newest comments of a page of strings, and deleting a string: 5,900 ms -> 8 ms, together with
-- the next one; 56 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS string_comments_string_id_created_at_id_idx
    ON public.string_comments (string_id, created_at DESC, id DESC);

-- The admin's list of comments, newest first, and how many people wrote one lately: 3,000 ms -> 60 ms; 39 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS string_comments_created_at_id_idx
    ON public.string_comments (created_at DESC, id DESC);

-- The comments of a person on the admin's pages, and what is erased with them: 330 ms -> 10 ms; 56 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS string_comments_user_id_created_at_id_idx
    ON public.string_comments (user_id, created_at DESC, id DESC);

-- Replies to a comment and how many there are, and deleting a comment: 3,000 ms -> 7 ms; 10 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS string_comments_parent_comment_id_created_at_id_idx
    ON public.string_comments (parent_comment_id, created_at, id) WHERE parent_comment_id IS NOT NULL;

-- Messages of a room by page and by cursor, the last message of each room, and what is unread, for which the author is
-- in it: 390 ms -> 8 ms for page 600 of a room of 192,000 messages; 147 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS messages_room_id_created_at_id_idx
    ON public.messages (room_id, created_at DESC, id DESC) INCLUDE (user_id);

-- The admin's list of rooms, newest first: 230 ms -> 40 ms; 39 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS rooms_created_at_id_idx
    ON public.rooms (created_at DESC, id DESC);

-- Events by their start, /events as it is asked for most: 40 ms -> 5 ms; 1 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS events_start_time_id_idx
    ON public.events (start_time, id);

-- Events and joins, the newest first: 68 ms -> 5 ms; 1 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS events_created_at_id_idx
    ON public.events (created_at DESC, id DESC);

-- Events by title: 316 ms -> 8 ms; 1 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS events_title_id_idx
    ON public.events (title, id);

-- A person's events, and what is erased with them: 23 ms -> 5 ms; 1 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS events_user_id_start_time_id_idx
    ON public.events (user_id, start_time, id);

-- /search among events, and /events?search=: 2,950 ms -> 1 ms for a rare word; 10 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS events_search_v1_idx
    ON public.events USING gin (django.search_document_v1(title || ' ' || coalesce(description, '') || ' ' || coalesce(location, ''), meta_data ->> 'language'));

-- /users, the newest first: 154 ms -> 6 ms; 2 MB. Nulls come last there, since the column may hold them.
CREATE INDEX CONCURRENTLY IF NOT EXISTS user_profiles_created_at_id_idx
    ON public.user_profiles (created_at DESC NULLS LAST, id DESC);

-- Who moderates or administers, on the admin's pages: 360 ms -> 30 ms; a few KB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS user_profiles_staff_created_at_id_idx
    ON public.user_profiles (created_at DESC NULLS LAST, id DESC) WHERE is_admin OR is_mod;

-- /search among people: 7,700 ms -> 1 ms for a rare word; 28 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS user_profiles_search_v1_idx
    ON public.user_profiles USING gin (django.search_document_v1(coalesce(contact_info ->> 'name', '') || ' ' || regexp_replace(CASE WHEN octet_length(biography::text) <= 200000 THEN jsonb_path_query_array(biography, 'strict $.**{0 to 12} ? (@.type() == "string")', '{}', true)::text ELSE '' END, '\\.', ' ', 'g') || ' ' || regexp_replace(CASE WHEN octet_length(attributes::text) <= 200000 THEN jsonb_path_query_array(attributes, 'strict $.**{0 to 12} ? (@.type() == "string")', '{}', true)::text ELSE '' END, '\\.', ' ', 'g'), coalesce(attributes ->> 'language', attributes -> 'languages' ->> 0)));

-- /users?search=: 1,470 ms -> 3 ms; 5 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS user_profiles_name_v1_idx
    ON public.user_profiles USING gin (django.search_document_v1(coalesce(contact_info ->> 'name', ''), NULL));

-- /recommended/users, /recommendations/generate and the nightly round: 730 ms -> 38 ms among 100,000 vectors (benchmarks/
-- vectors.py); 409 MB. This one and the next need pgvector 0.8.0 or newer, and room: with less maintenance_work_mem than
-- their size building takes many times as long (docs/decisions/010-vectors.md).
CREATE INDEX CONCURRENTLY IF NOT EXISTS user_embeddings_halfvec_idx
    ON public.user_embeddings USING hnsw ((embedding::extensions.halfvec(1536)) extensions.halfvec_cosine_ops) WITH (m = 24, ef_construction = 128);

-- /recommended/strings: 1,110 ms -> 60 ms among 100,000 vectors; 409 MB.
CREATE INDEX CONCURRENTLY IF NOT EXISTS string_embeddings_halfvec_idx
    ON public.string_embeddings USING hnsw ((embedding::extensions.halfvec(1536)) extensions.halfvec_cosine_ops) WITH (m = 24, ef_construction = 128);

-- What words there are, for the planner; on its own the database would come to it later.
ANALYZE public.strings, public.events, public.user_profiles;
