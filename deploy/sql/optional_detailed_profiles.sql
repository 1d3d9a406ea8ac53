-- A table that some installations have and others do not; nothing requires it (accounts/detailed_profiles.py).

CREATE TABLE public.detailed_profiles (
    id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,
    user_id uuid NOT NULL UNIQUE REFERENCES auth.users (id) ON DELETE CASCADE,
    name text,
    profile_photo text,
    photos text[],
    bio text,
    location text,
    age integer,
    birthday date,
    interests text[],
    passions text[],
    hobbies text[],
    skills text[],
    profile_questions jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE public.detailed_profiles ENABLE ROW LEVEL SECURITY;
GRANT ALL ON public.detailed_profiles TO anon, authenticated, service_role;
