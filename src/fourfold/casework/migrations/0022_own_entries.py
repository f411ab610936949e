"""An officer's own entries are counted, and paged in the log's order, by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0021_kept_whole")]

    operations = [
        migrations.AddIndex("Entry", models.Index(fields=["officer", "number"], name="entries_of_an_officer")),
        migrations.AlterField("Entry", "officer", models.CharField(max_length=32)),
    ]
