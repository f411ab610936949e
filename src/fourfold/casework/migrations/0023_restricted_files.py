"""A file may be sent in as restricted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0022_own_entries")]

    operations = [migrations.AddField("Upload", "is_restricted", models.BooleanField(default=False))]
