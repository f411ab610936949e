"""Of a report, too, one case is open at a time: of its victim it was so before.

Where two officers had taken one report up, under two names of its victim, the case begun first stays open. The younger is closed as
a second case of the same report, with every step of it as it was, and an event says so: nobody decided it, so its officer is the
service itself.
"""

import json
from typing import Any

from django.db import migrations, models
from django.utils import timezone


def second_cases_closed(apps: Any, _: Any) -> None:
    """Close all but the oldest open case of each report."""
    cases, events = apps.get_model("casework", "CareCase"), apps.get_model("casework", "Event")
    at, first = timezone.now(), set()
    for case in cases.objects.filter(state="open").order_by("taken_up_at", "pk"):
        if case.key not in first:
            first.add(case.key)
            continue
        case.state, case.outcome, case.closed_at, case.changed_at = "closed", "duplicate", at, at
        case.version += 1
        case.save()
        decided = json.dumps({"outcome": "duplicate", "steps": [], "week": case.week}, sort_keys=True, default=str)
        events.objects.create(
            at=at, concern="care", verb="close_case", officer="system", subject=case.identity, decided=decided
        )


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0015_complaint_tags"),
    ]

    operations = [
        migrations.RunPython(second_cases_closed, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="carecase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("key",), name="one_open_case_of_a_report"
            ),
        ),
    ]
