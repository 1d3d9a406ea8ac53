from django.db import migrations, models


class Migration(migrations.Migration):
    """Keep the trail in the order of its times, by which the admin lists it."""

    dependencies = [("moderation", "0003_admin_lists")]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["-at", "-id"], name="audit_newest"),
        ),
    ]
