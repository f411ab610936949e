"""A case whose receipt is not recorded has no day of receipt: the day it was sent is not taken for one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0019_log_searches"),
    ]

    operations = [
        migrations.AlterField(
            model_name="fraudcase",
            name="received_on",
            field=models.DateField(null=True),
        ),
    ]
