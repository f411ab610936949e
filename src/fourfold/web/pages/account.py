"""Signing in and out, the second step, the statement of lawful use, and one's own account."""

from __future__ import annotations

import base64
import hashlib
import io
from functools import partial
from typing import Any

import qrcode
import qrcode.image.svg
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, clear_totp_secret, get_totp_secret, validate_totp_code
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from markupsafe import Markup

from fourfold import settings
from fourfold.casework import audit, officers
from fourfold.casework.officers import Officer
from fourfold.casework.roles import record_classes
from fourfold.web.gate import Pass, for_any_officer, open_to_all, reason_page, safe_next
from fourfold.web.look import instant
from fourfold.web.pages import security_keys
from fourfold.web.tables import listing, of_query

_NOT_SIGNED_IN = "Those details are not right, or this account cannot be signed in to now."
_CODE_TRIES = 5
_CODE_WITHIN_SECONDS = 300
_LONGEST_NAME = 80
"""Characters of a name to sign in with: a longer one is nobody's, and is looked up nowhere."""
_REASONS_KEPT = 100
_REASON_MOST = 500
_KEYS_SHOWN = 50
"""How many keys of one's own entry are shown: those of a page of any list."""


class SecondStep(DefaultMFAAdapter):
    """Keeps the secrets of second steps under the service's own key, so that a copy of the database alone has none."""

    def encrypt(self, text: str) -> str:
        """A secret as it is kept."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """A secret as it is used."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The service as a security key knows it: by the name that the browser stands at."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Fourfold"}

    def get_public_key_credential_user_entity(self, user: Officer) -> dict[str, Any]:
        """The officer as a security key knows one."""
        return {"id": user.key.encode(), "name": user.username, "display_name": user.name}


def _cipher() -> Fernet:
    digest = hashlib.sha256(b"second step" + django_settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


@sensitive_post_parameters()
@open_to_all(methods=("GET", "POST"))
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in with a name and a password; the second step follows where the account has one."""
    if request.gate is not None:
        return HttpResponseRedirect(safe_next(request.GET.get("next", "")))
    fault = ""
    if request.method == "POST":
        username, password = request.POST.get("username", "").strip(), request.POST.get("password", "")
        is_a_name = len(username) <= _LONGEST_NAME
        found = authenticate(request, username=username, password=password) if is_a_name else None
        if isinstance(found, Officer):
            if _has_second_step(found):
                at = settings.now().timestamp()
                request.session.cycle_key()
                request.session["pending"] = {"officer": found.pk, "at": at, "tries": 0}
                return HttpResponseRedirect(_with_next("sign-in-code", request))
            return _signed_in(request, found)
        _attempt_entered("sign-in failed", Officer.objects.filter(username__iexact=username).first())
        fault = _NOT_SIGNED_IN
    return render(request, "pages/sign_in.html", {"fault": fault}, status=200 if not fault else 422)


@open_to_all(methods=("GET", "POST"))
def code(request: HttpRequest) -> HttpResponse:
    """The second step: a code from the officer's device, or a recovery code. Five tries, five minutes."""
    pending = request.session.get("pending")
    now = settings.now().timestamp()
    if not pending or now - pending["at"] > _CODE_WITHIN_SECONDS or pending["tries"] >= _CODE_TRIES:
        request.session.pop("pending", None)
        return HttpResponseRedirect(reverse("sign-in"))
    fault = ""
    if request.method == "POST":
        officer = Officer.objects.filter(pk=pending["officer"], is_active=True).first()
        if officer is None:
            return HttpResponseRedirect(reverse("sign-in"))
        if _is_second_step_taken(request, officer):
            return _signed_in(request, officer)
        request.session["pending"] = {**pending, "tries": pending["tries"] + 1}
        _attempt_entered("second step failed", officer)
        fault = "That code is not right, or has been used. Wait for the next one, and enter it."
        if "credential" in request.POST:
            fault = "That key is not of this account, or did not answer. Try again, or enter a code."
    asked = security_keys.challenge(Officer.objects.get(pk=pending["officer"]))
    context = {"fault": fault, "asked": asked, "has_codes": _has_codes(pending["officer"])}
    return render(request, "pages/code.html", context, status=200 if not fault else 422)


def _is_second_step_taken(request: HttpRequest, officer: Officer) -> bool:
    """Whether the officer's key answered, or a code of the app or a recovery code is right."""
    if "credential" in request.POST:
        return security_keys.is_answered(request, officer)
    form = AuthenticateForm(user=officer, data={"code": request.POST.get("code", "").strip()})
    if not form.is_valid():
        return False
    form.save()
    return True


def _signed_in(request: HttpRequest, officer: Officer) -> HttpResponse:
    at = settings.now()
    login(request, officer, backend="django.contrib.auth.backends.ModelBackend")
    request.session.pop("pending", None)
    request.session["signed_in_at"] = request.session["seen_at"] = at.timestamp()
    with transaction.atomic():
        audit.entered(officer.who(at), "access", "sign in", "officers", at=at, keys=[officer.key])
    return HttpResponseRedirect(safe_next(request.GET.get("next", "")))


def _has_second_step(officer: Officer) -> bool:
    return _has_codes(officer.pk) or bool(security_keys.keys_of(officer))


def _has_codes(officer_id: int) -> bool:
    return Authenticator.objects.filter(user_id=officer_id, type=Authenticator.Type.TOTP).exists()


def _attempt_entered(verb: str, officer: Officer | None) -> None:
    with transaction.atomic():
        keys = [officer.key] if officer else []
        audit.entered(audit.NOBODY, "access", verb, "officers", at=settings.now(), keys=keys, phase="refused")


def locked(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    """What is said when an account and an address are locked: the same as of a wrong password."""
    return render(request, "pages/sign_in.html", {"fault": _NOT_SIGNED_IN}, status=422)


@for_any_officer(methods=("POST",), before_statement=True)
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    passed: Pass = request.gate
    with transaction.atomic():
        audit.entered(passed.who, "access", "sign out", "officers", at=passed.at, keys=[passed.officer.key])
    logout(request)
    return HttpResponseRedirect(reverse("sign-in"))


@for_any_officer(methods=("GET", "POST"), before_statement=True)
def lawful_use(request: HttpRequest) -> HttpResponse:
    """Accept the statement of lawful use, each year and whenever its words change."""
    passed: Pass = request.gate
    fault = ""
    if request.method == "POST":
        if request.POST.get("accepted") == "yes":
            officers.accept_statement(passed.officer, at=passed.at)
            return HttpResponseRedirect(safe_next(request.GET.get("next", "")))
        fault = "Select the box to say that you will keep to this."
    context = {"fault": fault, "statement": officers.STATEMENT}
    return render(request, "pages/lawful_use.html", context, status=200 if not fault else 422)


@for_any_officer(methods=("GET", "POST"), before_statement=True)
def second_step(request: HttpRequest) -> HttpResponse:
    """Set up the second step: a secret for the officer's device, proven by a code from it."""
    passed: Pass = request.gate
    if _has_codes(passed.officer.pk):
        return HttpResponseRedirect(reverse("account"))
    fault, secret = "", get_totp_secret()
    if request.method == "POST":
        if validate_totp_code(secret, request.POST.get("code", "").strip()):
            is_first = officers.set_up_second_step(
                passed.officer, "codes", partial(_app_kept, passed.officer, secret), at=passed.at
            )
            clear_totp_secret(request)
            request.session["has_second_step"] = True
            request.session["shows_codes"] = is_first
            return HttpResponseRedirect(reverse("recovery-codes"))
        fault = "That code is not right. Enter the six figures that your device shows now."
    address = SecondStep().build_totp_url(passed.officer, secret)
    context = {"fault": fault, "secret": secret, "picture": _qr_code(address)}
    return render(request, "pages/second_step.html", context, status=200 if not fault else 422)


def _app_kept(officer: Officer, secret: str) -> bool:
    """Keep the app's secret, with recovery codes; whether these are the first."""
    TOTP.activate(officer, secret)
    is_first = not Authenticator.objects.filter(user=officer, type=Authenticator.Type.RECOVERY_CODES).exists()
    RecoveryCodes.activate(officer)
    return is_first


@for_any_officer(before_statement=True)
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """The recovery codes, shown once, when the second step has just been set up."""
    passed: Pass = request.gate
    if not request.session.pop("shows_codes", False):
        return HttpResponseRedirect(reverse("account"))
    kept = Authenticator.objects.get(user=passed.officer, type=Authenticator.Type.RECOVERY_CODES)
    return render(request, "pages/recovery_codes.html", {"codes": kept.wrap().get_unused_codes()})


@for_any_officer()
def account(request: HttpRequest) -> HttpResponse:
    """One's own account: the roles held, and what the log says one did."""
    passed: Pass = request.gate
    classes = Case(
        *(When(record_class=one.id, then=Value(one.title)) for one in record_classes().values()), default="record_class"
    )
    entries = listing(
        "Your entries, the latest first", ["When", "What", "Of", "Phase", "Keys", "Reason"],
        of_query(audit.entries(by=passed.officer.key), ["number", "verb", classes, "phase", "keys", "reason"]), _own_cells,
    )  # fmt: skip
    context = {
        "entries": entries,
        "grants": passed.officer.grants.filter(ends_at=None),
        "has_codes": _has_codes(passed.officer.pk),
    }
    return render(request, "pages/account.html", context)


def _own_cells(one: audit.Entry) -> list[Any]:
    keys, classes = one.key_list, record_classes()
    its_class = classes[one.record_class].title if one.record_class in classes else one.record_class
    more = f" and {len(keys) - _KEYS_SHOWN:,} more" if len(keys) > _KEYS_SHOWN else ""
    return [
        {"text": instant(one.instant), "by": str(one.number)}, one.verb, its_class, one.phase,
        ", ".join(keys[:_KEYS_SHOWN]) + more, one.reason,
    ]  # fmt: skip


@for_any_officer(methods=("POST",))
def reason(request: HttpRequest) -> HttpResponse:
    """Take the officer's word on why an address is opened, until the session ends, and go on to it."""
    address, said = safe_next(request.POST.get("address", "")), " ".join(request.POST.get("reason", "").split())
    if not said:
        return reason_page(request, request.POST.get("title", "")[:80], address, "Say why you open these records.")
    if len(said) > _REASON_MOST:
        fault = f"Say it in {_REASON_MOST} characters or fewer: the log keeps no more."
        return reason_page(request, request.POST.get("title", "")[:80], address, fault)
    reasons = {**request.session.get("reasons", {}), address.partition("?")[0]: said}
    request.session["reasons"] = dict(list(reasons.items())[-_REASONS_KEPT:])
    return HttpResponseRedirect(address)


@sensitive_post_parameters()
@for_any_officer(methods=("GET", "POST"))
def password(request: HttpRequest) -> HttpResponse:
    """Change one's password; other sessions of the account end."""
    passed: Pass = request.gate
    faults: dict[str, str] = {}
    if request.method == "POST":
        old, new = request.POST.get("old", ""), request.POST.get("new", "")
        if not passed.officer.check_password(old):
            faults["old"] = "This is not your password as it is now."
        try:
            validate_password(new, passed.officer)
        except ValidationError as fault:
            faults["new"] = " ".join(fault.messages)
        if not faults:
            officers.change_password(passed.officer, new, at=passed.at)
            update_session_auth_hash(request, passed.officer)
            return HttpResponseRedirect(reverse("account"))
    return render(request, "pages/password.html", {"faults": faults}, status=200 if not faults else 422)


def _with_next(name: str, request: HttpRequest) -> str:
    query = request.GET.urlencode()
    return reverse(name) + (f"?{query}" if query else "")


def _qr_code(address: str) -> Markup:
    made = qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage, box_size=12)
    out = io.BytesIO()
    made.save(out)
    drawn = out.getvalue().decode().partition("?>")[2]
    return Markup(drawn.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))  # noqa: S704 - made by us
