"""What a search of the log asks for, by kind and class, is counted and paged by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0018_edition_contents")]

    operations = [
        migrations.AddIndex("Entry", models.Index(fields=["kind", "number"], name="entries_of_a_kind")),
        migrations.AddIndex("Entry", models.Index(fields=["record_class", "number"], name="entries_of_a_class")),
        migrations.AddIndex(
            "Entry", models.Index(fields=["kind", "record_class", "number"], name="entries_of_a_kind_and_class")
        ),
    ]
