"""Of a report, too, one case is open at a time: of its victim it was so before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0015_complaint_tags"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="carecase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("key",), name="one_open_case_of_a_report"
            ),
        ),
    ]
