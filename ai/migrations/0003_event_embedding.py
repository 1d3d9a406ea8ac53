"""What events mean to a model; Supabase has a table for strings and for people only."""

import django.db.models.functions.datetime
import pgvector.django.indexes
import pgvector.django.vector
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("ai", "0002_assistant")]

    operations = [
        migrations.CreateModel(
            name="EventEmbedding",
            fields=[
                ("event_id", models.UUIDField(primary_key=True, serialize=False)),
                ("embedding", pgvector.django.vector.VectorField(dimensions=1536)),
                ("content_hash", models.TextField()),
                ("model_version", models.TextField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [
                    pgvector.django.indexes.HnswIndex(
                        fields=["embedding"], name="nearest_events", opclasses=["vector_cosine_ops"]
                    )
                ],
            },
        ),
    ]
