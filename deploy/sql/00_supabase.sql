-- The ground a Supabase project stands on: roles, schemas, extensions and Supabase Auth's tables.
--
-- For local mode and tests only; a real project has all of this. Loading it again changes nothing. Several databases of
-- one cluster may load it at the same time: roles belong to the cluster, so losing that race counts as done.

DO $roles$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT * FROM (VALUES ('anon', 'NOLOGIN NOINHERIT'),
                              ('authenticated', 'NOLOGIN NOINHERIT'),
                              ('service_role', 'NOLOGIN NOINHERIT BYPASSRLS')) AS roles (name, options)
    LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted.name);
        BEGIN
            EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.options);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
END
$roles$;

CREATE SCHEMA IF NOT EXISTS auth;
CREATE SCHEMA IF NOT EXISTS extensions;

-- vector is required; the others are on Supabase, nothing here calls them, and not every server brings them.
CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA extensions;
DO $extensions$
DECLARE
    wanted text;
BEGIN
    FOR wanted IN
        SELECT name FROM pg_catalog.pg_available_extensions
         WHERE name IN ('pgcrypto', 'uuid-ossp', 'pg_stat_statements') AND installed_version IS NULL
    LOOP
        EXECUTE format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA extensions', wanted);
    END LOOP;
END
$extensions$;

GRANT USAGE ON SCHEMA public, auth, extensions TO anon, authenticated, service_role;

-- Supabase Auth. It fills these tables itself, so hardly a column has a default; code must not come to rely on one here.

CREATE TABLE IF NOT EXISTS auth.users (
    id uuid NOT NULL PRIMARY KEY,
    instance_id uuid,
    aud text,
    role text,
    email text,
    phone text,
    encrypted_password text,
    email_confirmed_at timestamptz,
    phone_confirmed_at timestamptz,
    confirmed_at timestamptz GENERATED ALWAYS AS (LEAST(email_confirmed_at, phone_confirmed_at)) STORED,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb,
    raw_user_meta_data jsonb,
    is_super_admin boolean,
    is_sso_user boolean NOT NULL DEFAULT false,
    is_anonymous boolean NOT NULL DEFAULT false,
    banned_until timestamptz,
    deleted_at timestamptz,
    created_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT users_phone_key UNIQUE (phone)
);
CREATE UNIQUE INDEX IF NOT EXISTS users_email_partial_key ON auth.users (email) WHERE NOT is_sso_user;

DO $aal$
BEGIN
    IF pg_catalog.to_regtype('auth.aal_level') IS NULL THEN
        CREATE TYPE auth.aal_level AS ENUM ('aal1', 'aal2', 'aal3');
    END IF;
END
$aal$;

CREATE TABLE IF NOT EXISTS auth.sessions (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
    created_at timestamptz,
    updated_at timestamptz,
    aal auth.aal_level,
    not_after timestamptz,
    refreshed_at timestamp,
    user_agent text,
    ip inet
);
CREATE INDEX IF NOT EXISTS sessions_user_id_idx ON auth.sessions (user_id);

CREATE TABLE IF NOT EXISTS auth.refresh_tokens (
    id bigserial PRIMARY KEY,
    token varchar(255),
    user_id varchar(255),
    revoked boolean,
    parent varchar(255),
    session_id uuid REFERENCES auth.sessions (id) ON DELETE CASCADE,
    created_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT refresh_tokens_token_unique UNIQUE (token)
);
CREATE INDEX IF NOT EXISTS refresh_tokens_session_id_idx ON auth.refresh_tokens (session_id);

CREATE TABLE IF NOT EXISTS auth.identities (
    id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,
    provider_id text NOT NULL,
    provider text NOT NULL,
    user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
    identity_data jsonb NOT NULL,
    email text GENERATED ALWAYS AS (lower(identity_data ->> 'email')) STORED,
    last_sign_in_at timestamptz,
    created_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT identities_provider_id_provider_unique UNIQUE (provider_id, provider)
);
CREATE INDEX IF NOT EXISTS identities_user_id_idx ON auth.identities (user_id);

ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth.refresh_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth.identities ENABLE ROW LEVEL SECURITY;

-- What the data API puts into request.jwt.claims before each statement of a signed-in client.

CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE
AS $$
    SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
$$;

CREATE OR REPLACE FUNCTION public.get_my_claim(claim text) RETURNS jsonb LANGUAGE sql STABLE
AS $$
    SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb -> 'app_metadata' -> claim
$$;
