"""Until when we had Supabase ban a suspended account."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_erased_account"),
    ]

    operations = [
        migrations.AddField(
            model_name="suspension",
            name="banned_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
