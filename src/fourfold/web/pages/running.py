"""Whether the service is well: for whatever watches it. They say nothing of what it holds."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from fourfold.casework.audit import Head, refusals_stand
from fourfold.errors import FourfoldError
from fourfold.settings import opened_home
from fourfold.web.gate import open_to_all


@open_to_all()
def health(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """The process answers."""
    return JsonResponse({"health": "good"})


@open_to_all()
def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """The database answers, the log can be written and refuses to be changed, and the records' folder is there."""
    checks = {"database": _database_answers(), "log": False, "records": False}
    if checks["database"]:
        checks["log"] = refusals_stand() and Head.objects.filter(pk=1).exists()
    try:
        checks["records"] = opened_home().is_dir()
    except FourfoldError:
        checks["records"] = False
    is_ready = all(checks.values())
    return JsonResponse({"ready": is_ready, **checks}, status=200 if is_ready else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return "casework_head" in connection.introspection.table_names(cursor)
    except DatabaseError:
        return False
