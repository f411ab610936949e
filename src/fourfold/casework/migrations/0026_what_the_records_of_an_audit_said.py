from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0025_patrol_positions"),
    ]

    operations = [
        migrations.AddField(
            model_name="drawnaudit",
            name="of_all",
            field=models.JSONField(default=dict),
        ),
    ]
