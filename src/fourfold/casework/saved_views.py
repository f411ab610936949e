"""Saved views: an officer's own filters, each an address of this service under a name of the officer's choosing."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from django.db import models, transaction

from fourfold.casework import events
from fourfold.casework.officers import Officer
from fourfold.errors import RequestInvalid

MOST = 50


class SavedView(models.Model):
    """One saved view."""

    officer = models.ForeignKey(Officer, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=1000)
    saved_at = models.DateTimeField()


def save_view(officer: Officer, name: str, address: str, *, at: datetime) -> SavedView:
    """Keep an address of this service under a name. Raises RequestInvalid for another's address, or too many."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not address.startswith("/") or address.startswith(("//", "/\\")):
        raise RequestInvalid(
            "Only pages of this service can be saved.", remedy="Open the page, and save it from there."
        )
    if not name.strip():
        raise RequestInvalid("Enter a name for this view.", remedy="Any words that you will know it by.")
    if officer.saved_views.count() >= MOST:
        raise RequestInvalid(f"You have {MOST} saved views.", remedy="Remove one that you no longer need.")
    with transaction.atomic():
        view = SavedView.objects.create(officer=officer, name=name.strip()[:80], address=address[:1000], saved_at=at)
        events.happened(officer.who(at), "saved_views", "save_view", str(view.pk), {"address": view.address}, at=at)
    return view


def forget_view(officer: Officer, view_id: int, *, at: datetime) -> None:
    """Forget one of the officer's own views; another's is not touched."""
    with transaction.atomic():
        gone, _ = SavedView.objects.filter(officer=officer, pk=view_id).delete()
        if gone:
            events.happened(officer.who(at), "saved_views", "forget_view", str(view_id), {}, at=at)
