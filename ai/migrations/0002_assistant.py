"""The assistant's answers: under way, and given."""

import uuid

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ai", "0001_usage"),
    ]

    operations = [
        migrations.CreateModel(
            name="AssistantAnswer",
            fields=[
                ("message_id", models.UUIDField(primary_key=True, serialize=False)),
                ("room_id", models.UUIDField()),
                ("user_id", models.UUIDField()),
                ("question_id", models.UUIDField()),
                ("model", models.TextField()),
                ("tokens", models.BigIntegerField(default=0)),
                ("cost", models.DecimalField(decimal_places=9, default=0, max_digits=18)),
                ("is_partial", models.BooleanField(default=False)),
                ("sources", models.JSONField(default=list)),
                ("actions", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user_id"], name="assistant_answer_of_person"),
                    models.Index(fields=["question_id"], name="assistant_answer_to"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AssistantTurn",
            fields=[
                ("room_id", models.UUIDField(primary_key=True, serialize=False)),
                ("id", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("user_id", models.UUIDField()),
                ("question_id", models.UUIDField()),
                ("answer_id", models.UUIDField()),
                ("is_cancelled", models.BooleanField(default=False)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("heartbeat_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [models.Index(fields=["user_id"], name="assistant_turn_of_person")],
            },
        ),
    ]
