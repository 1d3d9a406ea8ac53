"""The log of rooms, how far it has come, and how far people have read."""

import django.contrib.postgres.indexes
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="LogSweep",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("began_at", models.DateTimeField()),
                ("swept_to", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RoomPosition",
            fields=[
                ("room_id", models.UUIDField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ReadMark",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "room_id", "user_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("room_id", models.UUIDField()),
                ("user_id", models.UUIDField()),
                ("message_id", models.UUIDField()),
                ("message_at", models.DateTimeField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [models.Index(fields=["user_id"], name="readmark_user")],
            },
        ),
        migrations.CreateModel(
            name="RoomLogEntry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "room_id", "seq", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("room_id", models.UUIDField()),
                ("seq", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("message.created", "Message Created"),
                            ("message.updated", "Message Updated"),
                            ("message.deleted", "Message Deleted"),
                            ("participant.added", "Participant Added"),
                            ("participant.removed", "Participant Removed"),
                            ("room.updated", "Room Updated"),
                        ],
                        max_length=20,
                    ),
                ),
                ("subject_id", models.UUIDField(null=True)),
                ("user_id", models.UUIDField(null=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["subject_id"], name="roomlog_subject"),
                    models.Index(fields=["user_id"], name="roomlog_user"),
                    django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=["at"], name="roomlog_at"),
                ],
            },
        ),
    ]
