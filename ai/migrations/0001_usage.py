"""What asking models costs: the ledger, the counts of messages, and each day's spending."""

import uuid

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Spending",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("spent", models.DecimalField(decimal_places=9, max_digits=18)),
            ],
        ),
        migrations.CreateModel(
            name="MessageCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "subject", "span", "began_at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("subject", models.CharField(max_length=64)),
                ("span", models.CharField(max_length=8)),
                ("began_at", models.DateTimeField()),
                ("count", models.IntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["began_at"], name="message_count_by_age")],
            },
        ),
        migrations.CreateModel(
            name="UsageEntry",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("user_id", models.UUIDField(null=True)),
                ("room_id", models.UUIDField(null=True)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("chat", "Chat"),
                            ("one_turn", "One Turn"),
                            ("summary", "Summary"),
                            ("public", "Public"),
                            ("embedding", "Embedding"),
                        ],
                        max_length=16,
                    ),
                ),
                ("model", models.TextField(default="")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("cut", "Cut"),
                            ("failed", "Failed"),
                            ("refused", "Refused"),
                            ("lost", "Lost"),
                        ],
                        default="open",
                        max_length=16,
                    ),
                ),
                ("reserved", models.DecimalField(decimal_places=9, max_digits=18)),
                ("cost", models.DecimalField(decimal_places=9, default=0, max_digits=18)),
                ("prompt_tokens", models.BigIntegerField(default=0)),
                ("cached_tokens", models.BigIntegerField(default=0)),
                ("completion_tokens", models.BigIntegerField(default=0)),
                ("is_estimate", models.BooleanField(default=False)),
                ("latency_ms", models.IntegerField(null=True)),
                ("day", models.DateField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("settled_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user_id", "created_at"], name="usage_of_person"),
                    models.Index(fields=["room_id"], name="usage_of_room"),
                    models.Index(fields=["created_at"], name="usage_by_age"),
                    models.Index(condition=models.Q(("outcome", "open")), fields=["expires_at"], name="usage_open"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["chat", "one_turn", "summary", "public", "embedding"])),
                        name="usage_purpose",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["open", "done", "cancelled", "cut", "failed", "refused", "lost"])
                        ),
                        name="usage_outcome",
                    ),
                ],
            },
        ),
    ]
