"""The trail is written once: a trigger refuses every change of it but forgetting a person who is gone.

What it refuses, it refuses everybody for whom triggers run, the table's owner included; an owner may drop or disable it, and a
superuser may switch triggers off (docs/database.md, The trail).
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION django.moderation_refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- Forgetting: a person's id becomes null once they have no profile any more. Of whom it was about, so may what
        -- tells of them; of whoever did it, nothing else.
        IF (NEW.id, NEW.at, NEW.action, NEW.target_type) IS NOT DISTINCT FROM (OLD.id, OLD.at, OLD.action, OLD.target_type)
           AND (NEW.actor_id, NEW.person_id) IS DISTINCT FROM (OLD.actor_id, OLD.person_id)
           AND (NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id OR (NEW.actor_id IS NULL AND NOT EXISTS (
                SELECT FROM public.user_profiles p WHERE p.user_id = OLD.actor_id)))
           AND (NEW.person_id IS NOT DISTINCT FROM OLD.person_id OR (NEW.person_id IS NULL AND NOT EXISTS (
                SELECT FROM public.user_profiles p WHERE p.user_id = OLD.person_id)))
           AND ((NEW.case_id, NEW.target_id, NEW.why, NEW.before, NEW.after)
                IS NOT DISTINCT FROM (OLD.case_id, OLD.target_id, OLD.why, OLD.before, OLD.after)
                OR (NEW.person_id IS DISTINCT FROM OLD.person_id
                    AND NEW.case_id IS NULL AND NEW.target_id IS NULL AND NEW.why IS NULL AND NEW.before IS NULL
                    AND NEW.after IS NULL)) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the trail is written once: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$body$;
CREATE TRIGGER moderation_refuse_change BEFORE UPDATE OR DELETE ON django.moderation_auditentry
    FOR EACH ROW EXECUTE FUNCTION django.moderation_refuse_change();
CREATE TRIGGER moderation_refuse_truncate BEFORE TRUNCATE ON django.moderation_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION django.moderation_refuse_change();
"""
DROP = """
DROP TRIGGER moderation_refuse_truncate ON django.moderation_auditentry;
DROP TRIGGER moderation_refuse_change ON django.moderation_auditentry;
DROP FUNCTION django.moderation_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
