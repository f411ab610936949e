"""Security keys (WebAuthn): a second step that cannot be typed into another's page. Beside the codes of an app.

A key answers a challenge of this service's own, made for the name that the browser stands at; allauth and fido2 check it.
Keys need scripts, so that whoever has none uses codes.
"""

from __future__ import annotations

import json
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from fourfold.casework import officers
from fourfold.casework.officers import Officer
from fourfold.web.gate import Pass, for_any_officer

_NAMED = 40
_KIND = "security_key"
_NOT_TAKEN = "The key was not taken. Try again, and touch it when it asks."


def keys_of(officer: Officer) -> list[Authenticator]:
    """The security keys of an account, the first set up first."""
    return list(Authenticator.objects.filter(user=officer, type=Authenticator.Type.WEBAUTHN).order_by("created_at"))


@for_any_officer(methods=("GET", "POST"), before_statement=True)
def security_keys(request: HttpRequest) -> HttpResponse:
    """One's own security keys, and a new one set up: what the key answers is proven before it is kept."""
    passed: Pass = request.gate
    fault = ""
    if request.method == "POST":
        answer = _answer(request)
        is_named = len(request.POST.get("name", "").strip()) <= _NAMED
        if is_named and answer is not None and _is_proven(answer):
            return _kept(request, passed, answer)
        fault = _NOT_TAKEN if is_named else f"Call it by {_NAMED} characters or fewer."
    context = {
        "fault": fault, "keys": keys_of(passed.officer),
        "asked": json.dumps(plain(auth.begin_registration(passed.officer, passwordless=False))),
        "has_codes": Authenticator.objects.filter(user=passed.officer, type=Authenticator.Type.TOTP).exists(),
    }  # fmt: skip
    return render(request, "pages/security_keys.html", context, status=200 if not fault else 422)


@for_any_officer(methods=("POST",))
def remove_security_key(request: HttpRequest, number: int) -> HttpResponse:
    """Take one of one's own keys off the account, where another second step stays."""
    passed: Pass = request.gate
    with transaction.atomic():
        Officer.objects.select_for_update().get(pk=passed.officer.pk)
        found = Authenticator.objects.filter(user=passed.officer, type=Authenticator.Type.WEBAUTHN, pk=number).first()
        if found is None:
            raise Http404
        if _other_steps(passed.officer, found):
            officers.remove_second_step(passed.officer, _KIND, found.delete, at=passed.at)
    return HttpResponseRedirect(reverse("security-keys"))


def challenge(officer: Officer) -> str:
    """What the officer's keys are to answer, as JSON; nothing where the officer has none."""
    return json.dumps(plain(auth.begin_authentication(officer))) if keys_of(officer) else ""


def is_answered(request: HttpRequest, officer: Officer) -> bool:
    """Whether one of the officer's keys answered the challenge last made for this session; each serves once."""
    answer = _answer(request)
    if answer is None:
        return False
    try:
        auth.complete_authentication(officer, answer).record_usage()
    except (ValidationError, ValueError, TypeError, KeyError):
        return False
    return True


def plain(given: Any) -> Any:
    """Options for a key as JSON can hold them."""
    if isinstance(given, dict) or hasattr(given, "keys"):
        return {name: plain(given[name]) for name in given if given[name] is not None}
    return [plain(one) for one in given] if isinstance(given, (list, tuple)) else given


def _answer(request: HttpRequest) -> dict[str, Any] | None:
    try:
        found = json.loads(request.POST.get("credential", ""))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _is_proven(answer: dict[str, Any]) -> bool:
    try:
        auth.parse_registration_response(answer)
        auth.complete_registration(answer)
    except (ValidationError, ValueError, TypeError, KeyError):
        return False
    return True


def _kept(request: HttpRequest, passed: Pass, answer: dict[str, Any]) -> HttpResponse:
    name = request.POST.get("name", "").strip() or "Security key"

    def kept() -> bool:
        auth.WebAuthn.add(passed.officer, name, answer)
        codes = Authenticator.objects.filter(user=passed.officer, type=Authenticator.Type.RECOVERY_CODES)
        if is_first := not codes.exists():
            RecoveryCodes.activate(passed.officer)
        return is_first

    is_first = officers.set_up_second_step(passed.officer, _KIND, kept, at=passed.at)
    request.session["has_second_step"] = True
    if not is_first:
        return HttpResponseRedirect(reverse("security-keys"))
    request.session["shows_codes"] = True
    return HttpResponseRedirect(reverse("recovery-codes"))


def _other_steps(officer: Officer, but: Authenticator) -> bool:
    steps = Authenticator.objects.filter(user=officer).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return steps.exclude(pk=but.pk).exists()
