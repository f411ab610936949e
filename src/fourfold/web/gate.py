"""The gate: every page declares what it needs, and is reached only by those whose roles allow it, with its entry made.

A view is declared with `needs`; start-up fails on one that is not (`undeclared`). To those who are not signed in every
address answers alike: go and sign in. To those whose roles do not allow a page it answers as an address that does not
exist, and the refusal goes on the log. A page that shows records of a logged class says which it showed (`saw`); if its
entry cannot be made durable, or the page never said, the page is not sent.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePosixPath
from traceback import extract_tb
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth import logout
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from fourfold import settings
from fourfold.casework import audit, roles
from fourfold.casework.officers import Officer
from fourfold.errors import Conflict, FourfoldError, NothingHeld, RequestInvalid
from fourfold.publications.tables import csv_text
from fourfold.web import tables
from fourfold.web.paging import asked_to_take

View = Callable[..., HttpResponse]
_READS = ("GET", "HEAD")
_log = logging.getLogger("fourfold.gate")


@dataclass(frozen=True)
class Needs:
    """What a view needs: an action on a record class; or nobody in particular (`is_open`), or any officer (`is_own`).

    `methods` are those it answers. With `is_by_area` the view itself asks by the area of what it shows, where every other view of a
    class of `OF_THE_FORCE` is for those alone who may see the whole force. `is_before_statement` marks the few pages on the way to
    the statement of lawful use.
    """

    action: str = ""
    record_class: str = ""
    methods: tuple[str, ...] = ("GET",)
    is_open: bool = False
    is_own: bool = False
    is_by_area: bool = False
    is_before_statement: bool = False


OPEN = Needs(is_open=True)
OF_THE_FORCE = frozenset({"victim_duties", "service_recovery", "case_audits"})
"""The classes whose lists are of all the force's victims at once: whoever is held to areas opens none of them but where the page
itself shows the areas held alone (`by_area`)."""


def needs(
    action: str, record_class: str, *, methods: Sequence[str] = ("GET",), by_area: bool = False
) -> Callable[[View], View]:
    """Declare that a view needs an action on records of a class; `by_area` that it asks again by the area of what it shows."""
    roles.record_classes()[record_class], roles.ACTIONS[action]  # an unknown word fails at import
    return _declared(Needs(action, record_class, tuple(methods), is_by_area=by_area))


def open_to_all(*, methods: Sequence[str] = ("GET",)) -> Callable[[View], View]:
    """Declare that a view is for anybody: signing in, and whether the service is well."""
    return _declared(Needs(is_open=True, methods=tuple(methods)))


def for_any_officer(*, methods: Sequence[str] = ("GET",), before_statement: bool = False) -> Callable[[View], View]:
    """Declare that a view is for every officer who is signed in, and shows only what is the officer's own."""
    return _declared(Needs(is_own=True, methods=tuple(methods), is_before_statement=before_statement))


def _declared(wanted: Needs) -> Callable[[View], View]:
    def declare(view: View) -> View:
        @functools.wraps(view)
        def declared(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if wanted.is_open or wanted.is_own:
                return view(request, *args, **kwargs)
            return _answered(view, wanted, request, args, kwargs)

        declared.needs = wanted  # type: ignore[attr-defined]
        return declared

    return declare


@dataclass
class Seen:
    """What a request showed or did, for its entry."""

    record_class: str
    keys: list[str] = field(default_factory=list)
    """Of all that the page shows."""
    own: tuple[str, ...] = ()
    """Those of them that the page is of as a whole."""
    by_table: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Those of them that stand in each of its lists, by the list's name."""
    kind: str = "consultation"
    verb: str = "read"
    recipient: str = ""
    note: dict[str, Any] = field(default_factory=dict)


@dataclass
class Pass:
    """What a request carries once through the gate: the officer, the roles held now, and what it showed.

    `at` is the request's instant, read once.
    """

    officer: Officer
    held: tuple[roles.Held, ...]
    at: datetime
    seen: list[Seen] = field(default_factory=list)
    has_nothing_to_log: bool = False
    areas: tuple[str, ...] = ()
    of_areas: tuple[str, ...] = ()
    """The areas that the page's lists are of, where the officer is held to some."""
    reason: str = ""
    """Why the officer opens this address, where that was asked."""

    @property
    def who(self) -> audit.Who:
        """The officer as the log names one."""
        return audit.Who(self.officer.key, tuple(sorted({one.role for one in self.held})))

    def may(
        self, action: str, record_class: str, areas: Sequence[str] = (), restriction: roles.Restriction = "none"
    ) -> bool:
        """Whether the officer may, by the table of roles."""
        return roles.may(self.held, action, record_class, areas, restriction)

    def may_somewhere(self, action: str, record_class: str) -> bool:
        """Whether the officer may on some records of the class."""
        return roles.may_somewhere(self.held, action, record_class)

    def areas_held(self, action: str, record_class: str) -> frozenset[str] | None:
        """The areas in which the officer may; None for the whole force."""
        return roles.areas_held(self.held, action, record_class)

    def may_reach(self, path: str, action: str, record_class: str) -> bool:
        """Whether the officer may open a page: of some records where it asks by area itself, else as `may_open` says."""
        wanted = _needs_of(path)
        return (self.may_somewhere if wanted and wanted.is_by_area else self.may_open)(action, record_class)

    def may_open(self, action: str, record_class: str) -> bool:
        """Whether the officer may open the lists of a class: of some records, or of the whole force where they know no area."""
        return (self.may if record_class in OF_THE_FORCE else self.may_somewhere)(action, record_class)

    def require(
        self, action: str, record_class: str, areas: Sequence[str] = (), restriction: roles.Restriction = "none"
    ) -> None:
        """Answer as an address that does not exist where the officer may not. Raises Http404."""
        if not self.may(action, record_class, areas, restriction):
            raise Refused(action, record_class)
        self.areas = tuple(areas) or self.areas

    def may_take(self, wanted: Needs) -> bool:
        """Whether the officer may take a table of a page away: each class of record that the page shows.

        A class that the table of roles guards against export, or whose every sight is logged, needs `export`.
        """
        if wanted.is_open or wanted.is_own:
            return False
        shown = {wanted.record_class, *(one.record_class for one in self.seen)}
        where: list[tuple[str, ...]] = [(code,) for code in self.of_areas] or [self.areas]
        return all(self.may("export", one, at) for one in shown if _is_guarded(one) for at in where)

    def saw(
        self,
        record_class: str,
        keys: Iterable[str] = (),
        *,
        lists: Mapping[str, Iterable[str]] | None = None,
        **said: Any,
    ) -> None:
        """Say what the page shows: one entry, however many keys.

        `keys` are what the page is of as a whole, and so each of its tables; `lists` are those in the rows of each of its lists,
        by the list's name. A list of a logged class whose keys are not said is not taken away. Raises ReasonNeeded where the
        force asks why such records are opened, and the officer has not said.
        """
        self.asked_why(record_class)
        own, by_table = tuple(keys), {name: tuple(of) for name, of in (lists or {}).items()}
        every = dict.fromkeys((*own, *(key for of in by_table.values() for key in of)))
        self.seen.append(Seen(record_class, list(every), own, by_table, **said))

    def of_table(self, wanted: Needs, name: str, is_list: bool) -> list[Seen] | None:
        """What a table of the page holds of what was seen; None where the page did not say whose it is, and had to."""
        if not self.seen:
            return []
        is_logged = any(
            roles.record_classes()[one].is_logged for one in (wanted.record_class, *(s.record_class for s in self.seen))
        )
        if is_logged and is_list and not any(name in one.by_table for one in self.seen):
            return None
        found = [
            replace(one, keys=list(dict.fromkeys((*one.own, *one.by_table.get(name, ())))), note=dict(one.note))
            for one in self.seen
            if name in one.by_table or one.own or not one.by_table
        ]
        return found if found or not roles.record_classes()[wanted.record_class].is_logged else None

    def asked_why(self, record_class: str) -> None:
        """Raise ReasonNeeded where the force asks why such records are opened, and the officer has not said."""
        if django_settings.REASONS_ASKED and roles.record_classes()[record_class].asks_reason and not self.reason:
            raise ReasonNeeded(record_class)

    def saw_none(self) -> None:
        """Say that the page shows no record of its class: a form, a verb that makes its own entry, an empty state."""
        self.has_nothing_to_log = True


class Refused(Http404):
    """The officer may not; to the officer it is a page that does not exist."""

    def __init__(self, action: str, record_class: str) -> None:
        super().__init__("refused")
        self.action, self.record_class = action, record_class


class ReasonNeeded(Exception):
    """The force asks why records of this class are opened, and the officer has not said it of this address."""

    def __init__(self, record_class: str) -> None:
        super().__init__(record_class)
        self.record_class = record_class


class Gate:
    """The middleware. Made once at start-up, when it fails on a view that declares nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        missing = undeclared()
        if missing:
            raise ImproperlyConfigured("These addresses do not declare what they need: " + ", ".join(missing))
        roles.table()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request, or send it to sign in."""
        request.gate = None
        tables.opened(request)
        if _holds_nul([request.path_info], request.GET):
            return _with_headers(fault_page(request, _NUL))
        at = settings.now()
        wanted = _needs_of(request.path_info)
        officer = _officer(request, at)
        if wanted is not None and wanted.is_open:
            if officer is not None:
                request.gate = Pass(officer, officer.held(at), at)
            return _with_headers(self.get_response(request))
        if officer is None:
            return _with_headers(_to_sign_in(request))
        request.gate = Pass(officer, officer.held(at), at, reason=_reason_said(request))
        return _with_headers(self.get_response(request))

    def process_view(
        self,
        request: HttpRequest,
        view: View,
        args: Sequence[Any],  # noqa: ARG002 - Django's call
        kwargs: Mapping[str, Any],  # noqa: ARG002 - Django's call
    ) -> HttpResponse | None:
        """Decide on the view that the address leads to."""
        wanted: Needs = view.needs  # type: ignore[attr-defined]
        passed: Pass | None = request.gate
        if passed is not None and not wanted.is_open:
            if not wanted.is_before_statement and not _is_ready(request, passed):
                return HttpResponseRedirect(_next_step(request, passed))
            may = passed.may_somewhere if wanted.is_by_area else passed.may_open
            if not wanted.is_own and not may(wanted.action, wanted.record_class):
                _refusal_entered(passed, wanted.action, wanted.record_class, request)
                raise Http404
        # Last, so that a wrong method tells nothing of an address to those who may not know of it.
        if request.method not in (*wanted.methods, "HEAD" if "GET" in wanted.methods else ""):
            return HttpResponseNotAllowed(wanted.methods)
        if request.method == "POST" and _holds_nul([], request.POST):
            return fault_page(request, _NUL)
        return None

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """A fault that a user can mend is a page that says how; any other is logged by kind and place, never by value."""
        if isinstance(fault, Refused):
            _refusal_entered(request.gate, fault.action, fault.record_class, request)
        if isinstance(fault, FourfoldError):
            return fault_page(request, fault)
        where = [
            f"{frame.filename.rpartition('fourfold/')[2]}:{frame.lineno}" for frame in extract_tb(fault.__traceback__)
        ]
        if not isinstance(fault, Http404):
            # Its message might quote a record, so only its kind and place are written down.
            _log.error("%s at %s", type(fault).__name__, " < ".join(reversed(where[-4:])))
        return None


def _answered(
    view: View, wanted: Needs, request: HttpRequest, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> HttpResponse:
    """The view's page, with the entries of what it shows made before it is sent."""
    passed: Pass = request.gate
    is_taken = bool(asked_to_take(request))
    if is_taken and _is_guarded(wanted.record_class) and not passed.may_somewhere("export", wanted.record_class):
        raise Refused("export", wanted.record_class)  # before anything is worked out or opened
    try:
        response = view(request, *args, **kwargs)
    except ReasonNeeded as asked:
        passed.seen.clear()
        return reason_page(request, roles.record_classes()[asked.record_class].title, request.get_full_path())
    except FourfoldError as fault:
        response = fault_page(request, fault)
        passed.saw_none()
    is_logged = roles.record_classes()[wanted.record_class].is_logged
    if is_logged and not passed.seen and not passed.has_nothing_to_log and response.status_code < 300:
        raise RuntimeError("a page showed records of a logged class and did not say which")
    if is_taken and response.status_code == 200:
        response = _taken(passed, wanted)
    _seen_entered(passed, request)
    return response


def _is_guarded(record_class: str) -> bool:
    """Whether records of the class are taken away only by who may export them."""
    has_right = any((cell.action, cell.record_class) == ("export", record_class) for cell in roles.table())
    return has_right or roles.record_classes()[record_class].is_logged


def _taken(passed: Pass, wanted: Needs) -> HttpResponse:
    """A table of the page as a file instead of the page: what it holds is then disclosed, to the officer who takes it."""
    found = tables.taken()
    if found is None:
        raise Http404
    held = passed.of_table(wanted, found.name, found.is_list)
    if held is None or not passed.may_take(wanted):
        raise Refused("export", wanted.record_class)
    passed.seen = held
    if not passed.seen:
        passed.saw(wanted.record_class, [])
    for seen in passed.seen:
        seen.kind, seen.verb, seen.recipient = "disclosure", "take a table", passed.officer.key
        seen.note = {**seen.note, "table": found.name, "rows": len(found.table.rows)}
    marked = f"{django_settings.MARKING}{', FICTITIOUS' if django_settings.FOURFOLD_FICTITIOUS else ''}"
    response = HttpResponse(f'"{marked}"\n{csv_text(found.table)}', content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.name}.csv"'
    return response


def undeclared() -> list[str]:
    """The addresses whose views declare nothing."""
    return [pattern for pattern, view in views() if not isinstance(getattr(view, "needs", None), Needs)]


def views(resolver: URLResolver | None = None, prefix: str = "") -> list[tuple[str, View]]:
    """Every address of the service and its view, from the resolver."""
    found: list[tuple[str, View]] = []
    for one in (resolver or get_resolver()).url_patterns:
        here = prefix + str(one.pattern)
        if isinstance(one, URLPattern):
            found.append((here, one.callback))
        else:
            found += views(one, here)
    return found


_NUL = RequestInvalid(
    "What was sent holds a character that stands in no text (NUL).", remedy="Write it again, without copying it."
)


def _holds_nul(texts: Iterable[str], given: QueryDict) -> bool:
    """Whether a text that a user sends holds what no database keeps alike, and PostgreSQL not at all."""
    return any("\0" in text for text in (*texts, *given, *(value for values in given.lists() for value in values[1])))


def fault_page(request: HttpRequest, fault: FourfoldError) -> HttpResponse:
    """A fault as a page: what is the matter and what to do about it."""
    status = {Conflict: 409, NothingHeld: 404}.get(type(fault), 422)
    return render(request, "pages/fault.html", {"problem": fault}, status=status)


def reason_page(request: HttpRequest, title: str, address: str, fault: str = "") -> HttpResponse:
    """The question why records are opened; nothing of them is shown before it is answered, so it is no success (403)."""
    context = {"title": title, "address": address, "fault": fault}
    return render(request, "pages/reason.html", context, status=422 if fault else 403)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - what Django calls it with
    """What is said of a form that did not come from this service's own page, or came too late."""
    return render(request, "pages/forged.html", status=403)


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's call
    """The page for an address that does not exist, or that the officer may not know of: the same for both."""
    return render(request, "pages/missing.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """The page for a fault of the service's own."""
    return render(request, "pages/broken.html", status=500)


def safe_next(address: str) -> str:
    """An address within this service to go on to, or home: never another's, however it is written."""
    from django.utils.http import url_has_allowed_host_and_scheme

    is_ours = address.startswith("/") and "\\" not in address and url_has_allowed_host_and_scheme(address, None)
    return address if is_ours else reverse("home")


def _needs_of(path: str) -> Needs | None:
    from django.urls import Resolver404, resolve

    try:
        return resolve(path).func.needs
    except Resolver404:
        return None


def _officer(request: HttpRequest, at: datetime) -> Officer | None:
    """The officer who is signed in, unless the session has been idle or open too long, or the account closed since."""
    user = request.user
    if not isinstance(user, Officer):
        return None
    began, seen = request.session.get("signed_in_at", 0.0), request.session.get("seen_at", 0.0)
    now = at.timestamp()
    is_over = (
        now - began > django_settings.ABSOLUTE_LIMIT.total_seconds()
        or now - seen > django_settings.IDLE_LIMIT.total_seconds()
        or (user.signed_out_before is not None and began <= user.signed_out_before.timestamp())
    )
    if is_over:
        logout(request)
        return None
    # A page that waits for work asks again by itself: no sign that the officer is there.
    if now - seen > 60 and "X-Fourfold-Waits" not in request.headers:
        request.session["seen_at"] = now
    return user


def _reason_said(request: HttpRequest) -> str:
    """Why the officer opens this address: as said of it, or, of a file that a page is made of, as said of the page."""
    said, here = request.session.get("reasons", {}), PurePosixPath(request.path_info)
    above = [str(one) for one in here.parents][:-1] if here.suffix else []
    return next((said[one] for one in (request.path_info, *above) if one in said), "")


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    query = QueryDict(mutable=True)
    if request.method in _READS:
        query["next"] = request.get_full_path()
    return HttpResponseRedirect(reverse("sign-in") + (f"?{query.urlencode(safe='/')}" if query else ""))


def _is_ready(request: HttpRequest, passed: Pass) -> bool:
    return passed.officer.has_accepted(passed.at) and not _lacks_second_step(request, passed.officer)


def _next_step(request: HttpRequest, passed: Pass) -> str:
    return reverse("second-step" if _lacks_second_step(request, passed.officer) else "lawful-use")


def _lacks_second_step(request: HttpRequest, officer: Officer) -> bool:
    if not django_settings.SECOND_STEP or request.session.get("has_second_step"):
        return False
    from allauth.mfa.utils import is_mfa_enabled

    request.session["has_second_step"] = bool(is_mfa_enabled(officer, ["totp", "webauthn"]))
    return not request.session["has_second_step"]


def _refusal_entered(passed: Pass, action: str, record_class: str, request: HttpRequest) -> None:
    with transaction.atomic():
        audit.entered(
            passed.who, "access", f"refused {action}", record_class, at=passed.at, phase="refused",
            note={"view": request.resolver_match.view_name if request.resolver_match else ""},
        )  # fmt: skip


def _seen_entered(passed: Pass, request: HttpRequest) -> None:
    """Make the entries of what the page shows, before it is sent. Any fault here is the page's: no log, no page."""
    if not passed.seen:
        return
    with transaction.atomic():
        for seen in passed.seen:
            audit.entered(
                passed.who, seen.kind, seen.verb, seen.record_class, at=passed.at, keys=seen.keys, recipient=seen.recipient,
                reason=passed.reason if roles.record_classes()[seen.record_class].asks_reason else "",
                note={"view": request.resolver_match.view_name if request.resolver_match else "", **seen.note},
            )  # fmt: skip


def _with_headers(response: HttpResponse) -> HttpResponse:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Permissions-Policy", django_settings.PERMISSIONS_POLICY)
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    return response
