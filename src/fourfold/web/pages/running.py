"""Whether the service is well: for whatever watches it. They say nothing of what it holds."""

from __future__ import annotations

import contextlib
import logging
import threading

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.template import engines

from fourfold.casework.audit import Head, refusals_stand
from fourfold.errors import FourfoldError
from fourfold.records.erasure import in_place
from fourfold.settings import opened_home
from fourfold.web.figures import standing_records
from fourfold.web.gate import open_to_all
from fourfold.web.pages import (
    capacity,
    change_of_place,
    clocks,
    fraud,
    home,
    near_repeats,
    patrols,
    picture,
    quality,
    victims_plan,
)

_LOOKS_AGAIN_AFTER = 2.0
_log = logging.getLogger("fourfold.running")


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


def kept_ready(ended: threading.Event | None = None) -> None:
    """Work out what every officer meets first, at the start and after each change of the records, before anybody asks.

    Runs until it is told to end. What goes wrong here is met, and said, by the page that needs it.
    """
    over, last = ended or threading.Event(), None
    while not over.is_set():
        try:
            records = standing_records()
            now = (records.as_at, in_place(records.home))  # an erasure changes rows, and no instant
            if now != last:
                made_ready(settings.FOURFOLD_FORCE)
                last = now
        except Exception as fault:
            _log.warning("not made ready: %s", type(fault).__name__)
        over.wait(_LOOKS_AGAIN_AFTER)


def made_ready(force_id: str) -> None:
    """The templates, the changes of the home page, the picture as it opens with its charts, and then the pages of much work."""
    pages = engines["jinja2"].env
    for name in pages.list_templates(filter_func=lambda name: name.startswith("pages/")):
        pages.get_template(name)
    pages.get_template("macros.html").module  # noqa: B018 - what it takes from elsewhere is compiled too
    records = standing_records()
    forces = [one for one, _ in picture.forces_held(records)]
    for one in [force_id] if force_id in forces else forces[:1]:
        for with_fraud in (False, True):
            home.changes(records, one, with_fraud)
        picture.opened(records, one)
        for of_force in (near_repeats.opened, patrols.opened, change_of_place.opened):
            with contextlib.suppress(FourfoldError):  # the page says it
                of_force(records, one)
    for opened in (quality.opened, clocks.opened, victims_plan.opened, fraud.opened, capacity.opened):
        with contextlib.suppress(FourfoldError):  # the page says it
            opened()
