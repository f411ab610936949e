"""Long keys, lists of files and of areas, and subjects of events are kept whole: a database that counts characters took no more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0020_receipt_not_recorded")]

    operations = [
        migrations.AlterField("Key", "key", models.CharField(max_length=512)),
        migrations.AlterField("Event", "subject", models.TextField()),
        migrations.AlterField("Grant", "areas", models.TextField(blank=True)),
        migrations.AlterField("Upload", "batches", models.TextField(blank=True)),
    ]
