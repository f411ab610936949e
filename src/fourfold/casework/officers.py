"""Officers: accounts, the roles they hold and for which areas, and their word on lawful use.

Names stand here and nowhere else: the log, events and figures know an officer by an opaque key.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models, transaction

from fourfold.casework import audit, events, roles
from fourfold.casework.audit import Who
from fourfold.casework.versions import claimed
from fourfold.codes import areas
from fourfold.errors import CodeUnknown, RequestInvalid
from fourfold.records import places
from fourfold.records.as_at import records_as_at
from fourfold.records.lake import Lake

STATEMENT_VERSION = "2026-1"
STATEMENT = (
    "I use this service only for a policing purpose that I can name, and only the records that it needs.",
    "What I see of people stays with those who need it for the same purpose.",
    "I know that what I look at, change and take away is logged, and that the log shows who asked.",
    "I say so at once when I see what I should not, or when a record is wrong.",
)
"""The statement of lawful use; a new version, or a year gone by, asks every officer for it again."""
STATEMENT_HOLDS = timedelta(days=365)


def _new_key() -> str:
    return secrets.token_hex(8)


class Officers(BaseUserManager["Officer"]):
    """How Django looks officers up."""

    def get_by_natural_key(self, username: str | None) -> Officer:
        """An officer by the name used to sign in, in any case."""
        return self.get(username__iexact=username)


class Officer(AbstractBaseUser):
    """An account. `key` stands for the officer everywhere else; `version` counts changes to the account and its roles."""

    username = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    key = models.CharField(max_length=16, unique=True, default=_new_key)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    statement_accepted_at = models.DateTimeField(null=True)
    statement_version = models.CharField(max_length=16, blank=True)
    signed_out_before = models.DateTimeField(null=True)
    """Sessions that began before this instant are over."""

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    objects = Officers()

    def held(self, at: datetime) -> tuple[roles.Held, ...]:
        """The roles held at an instant; none when the account is closed. Asked anew at each request."""
        if not self.is_active:
            return ()
        return tuple(
            roles.Held(one.role, tuple(one.areas.split()))
            for one in self.grants.all()
            if one.begins_at <= at and (one.ends_at is None or at < one.ends_at)
        )

    def who(self, at: datetime) -> Who:
        """The officer as the log names one."""
        return Who(self.key, tuple(sorted({one.role for one in self.held(at)})))

    def has_accepted(self, at: datetime) -> bool:
        """Whether the statement of lawful use, as it reads now, was accepted within the year."""
        accepted = self.statement_accepted_at
        return self.statement_version == STATEMENT_VERSION and accepted is not None and at - accepted < STATEMENT_HOLDS


class Grant(models.Model):
    """A role given to an officer: for the whole force, or for areas by their codes; from an instant to an instant."""

    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=32)
    areas = models.TextField(blank=True)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    granted_by = models.CharField(max_length=32)

    @property
    def title(self) -> str:
        """The role's name."""
        return roles.TITLES.get(self.role, self.role)


def enrol(who: Who, username: str, name: str, password: str, *, at: datetime) -> Officer:
    """Open an account. Raises RequestInvalid when the name to sign in with is taken."""
    with transaction.atomic():
        if Officer.objects.filter(username__iexact=username).exists():
            raise RequestInvalid("That name to sign in with is taken.", remedy="Choose another.")
        officer = Officer(username=username, name=name)
        officer.set_password(password)
        officer.save()
        _told(who, "enrol", officer, {}, at=at)
    return officer


def grant_roles(
    who: Who, officer: Officer, wanted: Sequence[roles.Held], *, version: int, reason: str, at: datetime
) -> Officer:
    """Let an officer hold exactly these roles from now on; a role taken away bites at the officer's next request.

    `version` is that of the account as the granter saw it. Raises Conflict when somebody changed it meanwhile, and
    RequestInvalid for a role that is not on the list, without a reason, or of one's own roles; CodeUnknown for an area that no list
    and no boundary held knows.
    """
    unknown = [one.role for one in wanted if one.role not in roles.TITLES]
    if unknown or not reason.strip():
        raise RequestInvalid("A role is not on the list, or no reason is given.", remedy="Choose roles, and say why.")
    if officer.key == who.key:
        raise RequestInvalid("Nobody gives roles to oneself.", remedy="Ask another information manager.")
    _areas_known({code for one in wanted for code in one.areas})
    with transaction.atomic():
        claimed(Officer.objects.filter(pk=officer.pk, version=version), "account")
        standing = list(Grant.objects.filter(officer=officer, ends_at=None))
        kept = {(one.role, tuple(one.areas.split())): one for one in standing}
        asked = {(one.role, one.areas) for one in wanted}
        for key, one in kept.items():
            if key not in asked:
                Grant.objects.filter(pk=one.pk).update(ends_at=at)
        for role, codes in sorted(asked - set(kept)):
            Grant.objects.create(officer=officer, role=role, areas=" ".join(codes), begins_at=at, granted_by=who.key)
        decided = {
            "before": sorted([role, *codes] for role, codes in kept),
            "after": sorted([role, *codes] for role, codes in asked),
        }
        _told(who, "grant_roles", officer, decided, at=at, reason=reason)
    return Officer.objects.get(pk=officer.pk)


def _areas_known(codes: Collection[str]) -> None:
    """Refuse a code that is no area's: a role for it would open nothing, and look as if it did."""
    unlisted = sorted(code for code in codes if areas.area(code) is None)
    if not unlisted:
        return
    home = Path(settings.FOURFOLD_HOME)
    records = records_as_at(home, Lake(home).last_change())
    unknown = [
        code for code in unlisted if not any(code in places.area_names(records, layer) for layer in areas.LAYERS)
    ]
    if unknown:
        raise CodeUnknown(
            f"No area has the code {unknown[0][:40]}.",
            remedy="Write codes of areas as the lists have them, such as E07000130, with spaces between; or leave it empty for the "
            "whole force.",
        )


def close_account(who: Who, officer: Officer, *, version: int, reason: str, at: datetime) -> None:
    """Close an account: its sessions end at their next request. Raises Conflict and RequestInvalid as `grant_roles`."""
    if officer.key == who.key:
        raise RequestInvalid("Nobody closes one's own account.", remedy="Ask another information manager.")
    with transaction.atomic():
        as_seen = Officer.objects.filter(pk=officer.pk, version=version)
        claimed(as_seen, "account", is_active=False, signed_out_before=at)
        _told(who, "close_account", officer, {}, at=at, reason=reason)


def accept_statement(officer: Officer, *, at: datetime) -> None:
    """Take an officer's word on lawful use, for a year."""
    with transaction.atomic():
        Officer.objects.filter(pk=officer.pk).update(statement_accepted_at=at, statement_version=STATEMENT_VERSION)
        _told(officer.who(at), "accept_statement", officer, {"statement": STATEMENT_VERSION}, at=at)


def change_password(officer: Officer, password: str, *, at: datetime) -> None:
    """Give one's own account another password."""
    with transaction.atomic():
        officer.set_password(password)
        officer.save(update_fields=["password"])
        _told(officer.who(at), "change_password", officer, {}, at=at)


def set_up_second_step(officer: Officer, kind: str, kept: Callable[[], _T], *, at: datetime) -> _T:
    """Keep a second step of one's own account, of a kind ("codes", "security_key"); what `kept` says, which keeps it."""
    with transaction.atomic():
        done = kept()
        _told(officer.who(at), "set_up_second_step", officer, {"kind": kind}, at=at)
    return done


def remove_second_step(officer: Officer, kind: str, removed: Callable[[], object], *, at: datetime) -> None:
    """Take a second step of one's own account away: `removed` does so."""
    with transaction.atomic():
        removed()
        _told(officer.who(at), "remove_second_step", officer, {"kind": kind}, at=at)


_T = TypeVar("_T")


def _told(
    who: Who, verb: str, officer: Officer, decided: Mapping[str, object], *, at: datetime, reason: str = ""
) -> None:
    entry = audit.entered(who, "alteration", verb, "officers", at=at, keys=[officer.key], reason=reason, note=decided)
    events.happened(who, "officers", verb, officer.key, decided, at=at, entry=entry)
