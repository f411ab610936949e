"""Themes in casework: who has the narratives read for what emerges, and what analysts decide of it.

    ask_for_reading -> (the worker) read_themes -> a theme is proposed -> confirm_theme, rename_theme, merge_theme, reject_theme

Narratives are personal: the worker opens them in the name of the officer who asked, on the log, and what is kept of a reading
is counts, shared words and opaque keys. A decision stands under the theme's identity, a month and a serial that say nothing of
what is told. A later reading finds the theme again by the reports that it shares with what was found before, whatever came to
its month meanwhile, shows it under the name that it was given, and scores reports as of it by its identity: a name can change.
Every verb says which version of the theme the officer saw. All need "write" on the record class `themes`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import polars as pl
from django.conf import settings
from django.db import models, transaction

from fourfold.analysis import theme_reports
from fourfold.analysis.theme_reports import ThemeReports, theme_reports_from
from fourfold.casework import audit, events
from fourfold.casework.access import gate_for
from fourfold.casework.audit import Who
from fourfold.casework.officers import Officer
from fourfold.casework.versions import claimed
from fourfold.codes.themes import themes as known_themes
from fourfold.errors import FourfoldError, NothingHeld, RequestInvalid
from fourfold.records import weekly_lists
from fourfold.records.access import Asking, purposes
from fourfold.records.as_at import Records, records_as_at
from fourfold.records.places import area_names

WAITING, AT_WORK, DONE, FAILED = "waiting", "at work", "done", "failed"
PROPOSED, CONFIRMED, REJECTED, MERGED = "proposed", "confirmed", "rejected", "merged"
PURPOSE, KIND = "themes of fraud", "consultation"
_NAME_LIMIT = 60


def _new_identity() -> str:
    return secrets.token_hex(8)


class ThemeReading(models.Model):
    """One reading of a force's narratives. `found` is what it gave, as JSON without a narrative."""

    identity = models.CharField(max_length=16, unique=True, default=_new_identity)
    force_id = models.CharField(max_length=40)
    asked_by = models.CharField(max_length=32)
    role = models.CharField(max_length=32)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, default=WAITING)
    fault = models.CharField(max_length=500, blank=True)
    as_at = models.DateTimeField(null=True)
    found = models.TextField(blank=True)


class LocalTheme(models.Model):
    """A theme that emerged, and what was decided of it. `identity` is a month and a serial, and stays; `version` counts changes."""

    force_id = models.CharField(max_length=40)
    identity = models.CharField(max_length=80)
    name = models.CharField(max_length=_NAME_LIMIT)
    state = models.CharField(max_length=10, default=PROPOSED)
    into = models.CharField(max_length=80, blank=True)
    """The theme that it was merged into: another's identity, or a theme of the shipped list."""
    why = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    proposed_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=32, blank=True)

    class Meta:
        """A force has a theme once."""

        ordering = ("identity",)
        constraints = (models.UniqueConstraint(fields=["force_id", "identity"], name="one_theme_of_an_identity"),)

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody's decision."""
        return self.state == PROPOSED


def ask_for_reading(who: Who, force_id: str, *, at: datetime, queue: Callable[[str], None]) -> ThemeReading:
    """Ask that a force's narratives be read for themes. Raises RequestInvalid for an officer none of whose roles may read them.

    `queue` puts the reading's identity in the queue of work, within the transaction.
    """
    role = next((p.role for p in purposes() if (p.purpose, p.kind) == (PURPOSE, KIND) and p.role in who.roles), None)
    if role is None:
        raise RequestInvalid("None of your roles reads narratives for themes.", remedy="Ask an analyst.")
    with transaction.atomic():
        waits = ThemeReading.objects.filter(force_id=force_id, state__in=(WAITING, AT_WORK)).first()
        if waits is not None:
            return waits
        made = ThemeReading.objects.create(force_id=force_id, asked_by=who.key, role=role, asked_at=at)
        number = audit.entered(who, "alteration", "ask_for_reading", "themes", at=at, keys=[made.identity])
        events.happened(who, "themes", "ask_for_reading", made.identity, {"force_id": force_id}, at=at, entry=number)
        queue(made.identity)
    return made


def read_themes(identity: str, *, clock: Callable[[], datetime]) -> None:
    """Read the narratives for a reading that waits, in the name of the officer who asked. Run by the worker, and once."""
    if not ThemeReading.objects.filter(identity=identity, state=WAITING).update(state=AT_WORK):
        return
    made = ThemeReading.objects.get(identity=identity)
    try:
        records = records_as_at(Path(settings.FOURFOLD_HOME), clock())
        found = theme_reports.theme_reports(_rows(made, records, clock()), confirmed_labels(made.force_id))
    except FourfoldError as refused:
        _ended(made, FAILED, f"{refused.cause} {refused.remedy}")
        return
    except Exception:
        _ended(made, FAILED, "A fault of Fourfold's own; nothing was changed.")
        raise
    at = clock()
    who = Who(made.asked_by, (made.role,))
    with transaction.atomic():
        found = theme_reports.identified(found, _keys_of(made.force_id))
        ThemeReading.objects.filter(pk=made.pk).update(
            state=DONE, as_at=records.as_at, found=json.dumps(found.as_dict())
        )
        known = set(LocalTheme.objects.filter(force_id=made.force_id).values_list("identity", flat=True))
        new = [e for e in found.emerging if e.identity not in known]
        LocalTheme.objects.bulk_create(
            LocalTheme(force_id=made.force_id, identity=e.identity[:80], name=e.name[:_NAME_LIMIT], proposed_at=at, changed_at=at)
            for e in new
        )  # fmt: skip
        told = {"force_id": made.force_id, "reports": sum(m.reports for m in found.months), "proposed": len(new)}
        number = audit.entered(who, "collection", "read_themes", "themes", at=at, keys=[made.identity], note=told)
        events.happened(who, "themes", "read_themes", made.identity, told, at=at, entry=number)


def confirm_theme(who: Who, theme: LocalTheme, name: str, *, version: int, at: datetime) -> None:
    """Say that a proposed theme is one, and what it is called from now on. Raises RequestInvalid without a name of its own."""
    _decided(
        who,
        "confirm_theme",
        theme,
        version,
        at,
        {"name": _free(theme, name)},
        state=CONFIRMED,
        from_=(PROPOSED, REJECTED),
    )


def rename_theme(who: Who, theme: LocalTheme, name: str, *, version: int, at: datetime) -> None:
    """Give a confirmed theme another name; it is the same theme."""
    said = {"name": _free(theme, name), "before": theme.name}
    _decided(who, "rename_theme", theme, version, at, said, state=CONFIRMED, from_=(CONFIRMED,))


def merge_theme(who: Who, theme: LocalTheme, into: str, *, version: int, at: datetime) -> None:
    """Say that a theme is part of another: one that stands here, or one of the shipped list. Its reports count there."""
    stands = LocalTheme.objects.filter(force_id=theme.force_id, identity=into, state__in=(PROPOSED, CONFIRMED)).exists()
    if into == theme.identity or not (stands or into in {t.theme for t in known_themes()}):
        raise RequestInvalid("There is no such theme to merge it into.", remedy="Choose one of the list.")
    _decided(who, "merge_theme", theme, version, at, {"into": into}, state=MERGED, from_=(PROPOSED, CONFIRMED))


def reject_theme(who: Who, theme: LocalTheme, why: str, *, version: int, at: datetime) -> None:
    """Say that a proposed theme is none, and why. Raises RequestInvalid without a reason."""
    if not why.strip():
        raise RequestInvalid("No reason is given.", remedy="Say why it is no theme, without a name.")
    _decided(
        who,
        "reject_theme",
        theme,
        version,
        at,
        {"why": events.words(why, 500)},
        state=REJECTED,
        from_=(PROPOSED, CONFIRMED),
    )


def last_reading(force_id: str) -> tuple[ThemeReading | None, ThemeReports | None]:
    """The last reading that was done, and what it gave, as its themes are named and merged now."""
    made = ThemeReading.objects.filter(force_id=force_id, state=DONE).order_by("-asked_at").first()
    if made is None:
        return None, None
    local = {t.identity: t for t in LocalTheme.objects.filter(force_id=force_id)}
    shipped = {t.theme for t in known_themes()}
    into = {one: _stands_as(one, local, shipped) for one, theme in local.items() if theme.state == MERGED}
    found = theme_reports_from(json.loads(made.found))
    found = theme_reports.merged(found, {one: other for one, other in into.items() if other})
    return made, theme_reports.renamed(found, {one: theme.name for one, theme in local.items()})


def titles(force_id: str) -> dict[str, str]:
    """What each theme that stands is called, by its identity: those of the shipped list, and the force's own confirmed."""
    own = LocalTheme.objects.filter(force_id=force_id, state=CONFIRMED).values_list("identity", "name")
    return {t.theme: t.title for t in known_themes()} | dict(own)


def waiting() -> list[ThemeReading]:
    """Readings that nothing works at. Run before a worker starts: those whose worker died wait again."""
    ThemeReading.objects.filter(state=AT_WORK).update(state=WAITING)
    return list(ThemeReading.objects.filter(state=WAITING).order_by("asked_at"))


def _decided(
    who: Who, verb: str, theme: LocalTheme, version: int, at: datetime, said: dict[str, str], *, state: str, from_: tuple[str, ...]
) -> None:  # fmt: skip
    changed = {name: value for name, value in said.items() if name != "before"}
    with transaction.atomic():
        as_seen = LocalTheme.objects.filter(pk=theme.pk, version=version, state__in=from_)
        claimed(as_seen, "theme", **changed, state=state, changed_at=at, changed_by=who.key)
        decided = {**said, "state": state}
        events.told(who, "themes", verb, theme.identity, decided, at=at, reason=said.get("why", ""))


def _free(theme: LocalTheme, name: str) -> str:
    plain = events.words(" ".join(name.split()), _NAME_LIMIT)
    if not plain:
        raise RequestInvalid("The theme has no name.", remedy="Say in a few words what it is.")
    others = LocalTheme.objects.filter(force_id=theme.force_id, name__iexact=plain, state=CONFIRMED).exclude(
        pk=theme.pk
    )
    if others.exists() or plain.lower() in {t.title.lower() for t in known_themes()}:
        raise RequestInvalid(
            "Another theme has that name.", remedy="Merge it into that theme, or give it another name."
        )
    return plain


def _rows(made: ThemeReading, records: Records, at: datetime) -> pl.DataFrame:
    """A force's reports with their narratives, opened for the officer who asked."""
    rows = weekly_lists.with_keys(weekly_lists.reports(records, made.force_id).collect())
    if rows.is_empty():
        raise NothingHeld("No report of fraud of this force is held.", remedy="Send the weekly lists in.")
    officer = Officer.objects.filter(key=made.asked_by).first()
    gate = gate_for(made.asked_by, officer.held(at) if officer else ())
    asking = Asking(officer=made.asked_by, role=made.role, purpose=PURPOSE)
    told = gate.opened(
        records,
        weekly_lists.TABLE,
        asking,
        kind=KIND,
        verb="read_themes",
        at=at,
        columns=("narrative",),
        keys=[made.identity],
    ).unique(["batch_id", "line_number"], keep="last")
    rows = rows.join(told, on=["batch_id", "line_number"], how="left")
    councils = records.boundaries.council_of("lsoa21") if records.boundaries is not None else {}
    names = area_names(records, "ltla24")
    place = [names.get(councils.get(code or "", ""), None) for code in rows["lsoa_code"].to_list()]
    return rows.with_columns(pl.Series("place", place, dtype=pl.String)).select(theme_reports.COLUMNS)


def confirmed_labels(force_id: str) -> dict[str, tuple[str, ...]]:
    """The keys of the reports of each confirmed theme (by identity), with those merged into it, as every reading had them.

    A theme is watched for some months only; what it was confirmed of stays its label for as long as the report is held.
    """
    local = {t.identity: t for t in LocalTheme.objects.filter(force_id=force_id)}
    shipped = {t.theme for t in known_themes()}
    labels: dict[str, dict[str, None]] = {}
    for identity, keys in _keys_of(force_id).items():
        theme = _stands_as(identity, local, shipped)
        if theme:
            labels.setdefault(theme, {}).update(dict.fromkeys(keys))
    return {theme: tuple(keys) for theme, keys in labels.items()}


def _keys_of(force_id: str) -> dict[str, tuple[str, ...]]:
    """The keys of the reports of each theme that emerged, by its identity, as every reading had them."""
    done = (
        ThemeReading.objects.filter(force_id=force_id, state=DONE).order_by("asked_at").values_list("found", flat=True)
    )
    held: dict[str, dict[str, None]] = {}
    for found in done.iterator():
        for one in json.loads(found)["emerging"]:
            held.setdefault(one["identity"], {}).update(dict.fromkeys(one["keys"]))
    return {identity: tuple(keys) for identity, keys in held.items()}


def _stands_as(identity: str, local: Mapping[str, LocalTheme], shipped: set[str]) -> str:
    """What a theme's reports are labelled: the theme, or what it was merged into, step by step; empty for neither confirmed."""
    seen: set[str] = set()
    while identity not in seen:
        seen.add(identity)
        theme = local.get(identity)
        if theme is None:
            return ""
        if theme.state != MERGED:
            return identity if theme.state == CONFIRMED else ""
        if theme.into in shipped:
            return theme.into
        identity = theme.into
    return ""


def _ended(made: ThemeReading, state: str, fault: str) -> None:
    ThemeReading.objects.filter(pk=made.pk).update(state=state, fault=fault[:500])
