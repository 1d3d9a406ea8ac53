"""The function that search makes documents with, as lifestring/search/function.py had it (docs/decisions/016-search.md).

Whoever writes a row that an index on it covers runs it, other clients' roles included: hence the search_path, and the
grant, which is PostgreSQL's default unless an installation has changed that.
"""

from django.db import migrations

CREATE = r"""
CREATE FUNCTION django.search_document_v1(content text, said text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    told CONSTANT text := coalesce(nullif(lower(left(said, 2)), ''), substring(lower(left(content, 300)) from
        '(?x)\m(?:the|and|this|with|you|from|to|
        und|der|das|ist|ich|ein|für|
        et|les|une|est|avec|nous|dans|
        el|los|las|y|muy|pero|soy|
        che|di|gli|della|sono|è|più|
        não|uma|em|você|ao|é|muito|
        het|een|niet|ik|zijn|voor|ook)\M'), 'en');
    place CONSTANT integer := (array_position(
        '{en,the,and,this,with,you,from,to,
        de,und,der,das,ist,ich,ein,für,
        fr,et,les,une,est,avec,nous,dans,
        es,el,los,las,y,muy,pero,soy,
        it,che,di,gli,della,sono,è,più,
        pt,não,uma,em,você,ao,é,muito,
        nl,het,een,niet,ik,zijn,voor,ook}'::text[], told) - 1) / 8 + 1;
    config CONSTANT regconfig := ('{english,german,french,spanish,italian,portuguese,dutch}'::regconfig[])[place];
    marker CONSTANT text := '~' || ('{en,de,fr,es,it,pt,nl}'::text[])[place] || ' ';
    folded text := lower(left(content, 100000));
    words tsvector;
BEGIN
    IF octet_length(folded) <> length(folded) THEN
        folded := regexp_replace(normalize(folded, NFKD), '[\u0300-\u036f]+', '', 'g');
        folded := replace(folded, 'đ', 'd');
        folded := replace(folded, 'ð', 'd');
        folded := replace(folded, 'ß', 'ss');
        folded := replace(folded, 'æ', 'ae');
        folded := replace(folded, 'œ', 'oe');
        folded := replace(folded, 'þ', 'th');
        folded := replace(folded, 'ø', 'o');
        folded := replace(folded, 'ł', 'l');
        folded := replace(folded, 'ı', 'i');
        folded := replace(folded, 'ς', 'σ');
        folded := left(folded, 100000);
    END IF;
    words := to_tsvector('simple', folded);
    IF place IS NULL THEN
        RETURN words;
    END IF;
    RETURN words || array_to_tsvector(marker || ARRAY(
        SELECT marker || stem FROM unnest(tsvector_to_array(to_tsvector(config, left(folded, 10000)))) AS stem
        WHERE octet_length(stem) <= 2000));
END
$body$;
GRANT EXECUTE ON FUNCTION django.search_document_v1(text, text) TO PUBLIC;
"""  # noqa: RUF001 - letters that look like others are what it is about
DROP = "DROP FUNCTION django.search_document_v1(text, text)"


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [migrations.RunSQL(CREATE, DROP)]
