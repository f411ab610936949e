"""An edition keeps what was decided of its paper when it was asked for."""

import django.core.serializers.json
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0017_service_recovery"),
    ]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="contents",
            field=models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder),
        ),
    ]
