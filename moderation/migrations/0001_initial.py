"""Reports, cases, sanctions, appeals, what was removed, and the trail."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("actor_id", models.UUIDField(null=True)),
                ("action", models.CharField(max_length=32)),
                ("case_id", models.UUIDField(null=True)),
                ("target_type", models.CharField(blank=True, max_length=16)),
                ("target_id", models.UUIDField(null=True)),
                ("person_id", models.UUIDField(null=True)),
                ("why", models.TextField(null=True)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["actor_id", "-id"], name="audit_actor"),
                    models.Index(fields=["person_id", "-id"], name="audit_person"),
                    models.Index(fields=["case_id", "-id"], name="audit_case"),
                    models.Index(fields=["target_type", "target_id", "-id"], name="audit_target"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "target_type",
                    models.CharField(
                        choices=[
                            ("user", "User"),
                            ("string", "String"),
                            ("comment", "Comment"),
                            ("message", "Message"),
                            ("room", "Room"),
                            ("event", "Event"),
                        ],
                        max_length=16,
                    ),
                ),
                ("target_id", models.UUIDField()),
                ("person_id", models.UUIDField(null=True)),
                ("room_id", models.UUIDField(null=True)),
                (
                    "status",
                    models.CharField(choices=[("open", "Open"), ("decided", "Decided")], default="open", max_length=16),
                ),
                ("severity", models.SmallIntegerField()),
                ("reporters_count", models.IntegerField(default=0)),
                ("opened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("reported_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("version", models.IntegerField(default=1)),
                ("claimed_by", models.UUIDField(null=True)),
                ("claimed_at", models.DateTimeField(null=True)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("dismissed", "Dismissed"),
                            ("removed", "Removed"),
                            ("warned", "Warned"),
                            ("suspended", "Suspended"),
                            ("restored", "Restored"),
                        ],
                        max_length=16,
                    ),
                ),
                ("decided_by", models.UUIDField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "open")),
                        fields=["-severity", "-reporters_count", "opened_at", "id"],
                        name="case_queue",
                    ),
                    models.Index(fields=["target_type", "target_id", "-opened_at"], name="case_of_target"),
                    models.Index(fields=["person_id", "-opened_at"], name="case_of_person"),
                    models.Index(
                        condition=models.Q(("status", "decided")), fields=["-decided_at", "id"], name="case_decided"
                    ),
                    models.Index(
                        condition=models.Q(("room_id__isnull", False)), fields=["room_id"], name="case_in_room"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "open")),
                        fields=("target_type", "target_id"),
                        name="one_open_case_per_target",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Sanction",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("person_id", models.UUIDField()),
                (
                    "kind",
                    models.CharField(choices=[("warning", "Warning"), ("suspension", "Suspension")], max_length=16),
                ),
                ("reason", models.TextField()),
                ("imposed_by", models.UUIDField(null=True)),
                ("imposed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ends_at", models.DateTimeField(help_text="Empty: for good.", null=True)),
                ("lifted_by", models.UUIDField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sanctions",
                        to="moderation.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Appeal",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("person_id", models.UUIDField()),
                ("text", models.TextField()),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("granted", "Granted"), ("refused", "Refused")],
                        default="open",
                        max_length=16,
                    ),
                ),
                ("answer", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("decided_by", models.UUIDField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "sanction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="appeal", to="moderation.sanction"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "target_type",
                    models.CharField(
                        choices=[
                            ("user", "User"),
                            ("string", "String"),
                            ("comment", "Comment"),
                            ("message", "Message"),
                            ("room", "Room"),
                            ("event", "Event"),
                        ],
                        max_length=16,
                    ),
                ),
                ("target_id", models.UUIDField()),
                ("person_id", models.UUIDField(null=True)),
                ("people", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ("content", models.TextField()),
                ("removed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("expires_at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="snapshots", to="moderation.case"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CaseNote",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("author_id", models.UUIDField(null=True)),
                ("text", models.TextField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="moderation.case"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["author_id"], name="casenote_author")],
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("person", "Person"),
                            ("ai", "Ai"),
                            ("rule.links", "Links"),
                            ("rule.repeats", "Repeats"),
                            ("rule.requests", "Requests"),
                        ],
                        default="person",
                        max_length=16,
                    ),
                ),
                ("reporter_id", models.UUIDField(null=True)),
                (
                    "target_type",
                    models.CharField(
                        choices=[
                            ("user", "User"),
                            ("string", "String"),
                            ("comment", "Comment"),
                            ("message", "Message"),
                            ("room", "Room"),
                            ("event", "Event"),
                        ],
                        max_length=16,
                    ),
                ),
                ("target_id", models.UUIDField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("spam", "Spam"),
                            ("harassment", "Harassment"),
                            ("hate", "Hate"),
                            ("violence", "Violence"),
                            ("sexual", "Sexual"),
                            ("self_harm", "Self Harm"),
                            ("illegal", "Illegal"),
                            ("impersonation", "Impersonation"),
                            ("privacy", "Privacy"),
                            ("other", "Other"),
                        ],
                        max_length=16,
                    ),
                ),
                ("details", models.TextField(blank=True)),
                ("is_open", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reports", to="moderation.case"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["reporter_id", "-created_at", "id"], name="report_of_person")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_open", True), ("source", "person")),
                        fields=("reporter_id", "target_type", "target_id"),
                        name="one_open_report_per_reporter",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_open", True), models.Q(("source", "person"), _negated=True)),
                        fields=("source", "target_type", "target_id"),
                        name="one_open_flag_per_source",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="sanction",
            index=models.Index(fields=["person_id", "-imposed_at", "id"], name="sanction_of_person"),
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(
                condition=models.Q(("status", "open")), fields=["created_at", "id"], name="appeal_queue"
            ),
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(fields=["person_id"], name="appeal_of_person"),
        ),
        migrations.AddIndex(
            model_name="snapshot",
            index=django.contrib.postgres.indexes.GinIndex(fields=["people"], name="snapshot_people"),
        ),
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(fields=["expires_at"], name="snapshot_expires"),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.UniqueConstraint(fields=("target_type", "target_id"), name="one_snapshot_per_target"),
        ),
    ]
