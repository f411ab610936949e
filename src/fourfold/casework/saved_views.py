"""Saved views: an officer's own filters, each an address of this service under a name of the officer's choosing."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.db import models, transaction

from fourfold.casework import events
from fourfold.casework.officers import Officer
from fourfold.errors import RequestInvalid

MOST = 50
_LONGEST_NAME, _LONGEST_ADDRESS = 80, 1000
_WHOM = ("about", "by")
"""What a page's address asks of whom: that may be a name, and is not kept."""


class SavedView(models.Model):
    """One saved view."""

    officer = models.ForeignKey(Officer, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=_LONGEST_NAME)
    address = models.CharField(max_length=_LONGEST_ADDRESS)
    saved_at = models.DateTimeField()


def save_view(officer: Officer, name: str, address: str, *, at: datetime) -> SavedView:
    """Keep an address of this service under a name. Raises RequestInvalid for another's, one that is too long, or too many."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not address.startswith("/") or address.startswith(("//", "/\\")):
        raise RequestInvalid(
            "Only pages of this service can be saved.", remedy="Open the page, and save it from there."
        )
    if not name.strip():
        raise RequestInvalid("Enter a name for this view.", remedy="Any words that you will know it by.")
    asked = parse_qsl(parts.query, keep_blank_values=True)
    if any(key in _WHOM for key, _ in asked):
        address = f"{parts.path}?{urlencode([(key, said) for key, said in asked if key not in _WHOM])}"
    if len(name.strip()) > _LONGEST_NAME or len(address) > _LONGEST_ADDRESS:
        raise RequestInvalid(
            "That is too long to be saved.",
            remedy=f"A name has up to {_LONGEST_NAME} characters, and a page's address up to {_LONGEST_ADDRESS:,}.",
        )
    if officer.saved_views.count() >= MOST:
        raise RequestInvalid(f"You have {MOST} saved views.", remedy="Remove one that you no longer need.")
    with transaction.atomic():
        view = SavedView.objects.create(officer=officer, name=name.strip(), address=address, saved_at=at)
        # What was looked for may be a name: the event, which the records keep, has the page alone.
        _told(officer, "save_view", view.pk, {"page": parts.path}, at=at)
    return view


def forget_view(officer: Officer, view_id: int, *, at: datetime) -> None:
    """Forget one of the officer's own views; another's is not touched."""
    with transaction.atomic():
        gone, _ = SavedView.objects.filter(officer=officer, pk=view_id).delete()
        if gone:
            _told(officer, "forget_view", view_id, {}, at=at)


def _told(officer: Officer, verb: str, view_id: int, decided: dict[str, str], *, at: datetime) -> None:
    events.told(officer.who(at), "saved_views", verb, str(view_id), decided, at=at)
