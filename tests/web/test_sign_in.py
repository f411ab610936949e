"""Signing in: by password and a second step, locked after five failures, and told nothing by what is said."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client

from fourfold.casework import roles
from fourfold.casework.audit import NOBODY, SYSTEM, Entry
from fourfold.casework.events import Event
from fourfold.casework.officers import Officer, enrol
from tests.web.conftest import OfficersClient, an_officer, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PASSWORD = "three words that do not go together"


@pytest.fixture
def ana() -> Officer:
    return enrol(SYSTEM, "ana", "Ana Lyst", PASSWORD, at=datetime.now(UTC))


def tried(client: Client, username: str, password: str, **headers: str) -> tuple[int, str]:
    response = client.post("/sign-in", {"username": username, "password": password}, **headers)
    return response.status_code, re.sub(r"(?s).*<main|</main>.*|value=\"[^\"]*\"", "", response.content.decode())


def test_passwords_are_kept_by_argon2(ana: Officer) -> None:
    assert ana.password.startswith("argon2$argon2id$")


def test_an_officer_signs_in_accepts_the_statement_and_is_on_the_log(outsider: Client, ana: Officer) -> None:
    response = outsider.post("/sign-in?next=/account", {"username": "ANA", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/account")
    assert outsider.get("/account")["Location"] == "/lawful-use"
    outsider.post("/lawful-use", {"accepted": "yes"})
    assert outsider.get("/account").status_code == 200
    assert Entry.objects.filter(verb="sign in", officer=ana.key).count() == 1


def test_what_is_said_of_a_wrong_name_a_wrong_password_and_a_closed_account_is_the_same(
    outsider: Client, ana: Officer
) -> None:
    said = {tried(outsider, "ana", "wrong"), tried(outsider, "nobody-of-this-name", "wrong")}
    Officer.objects.update(is_active=False)
    said.add(tried(outsider, "ana", PASSWORD))
    assert len(said) == 1
    assert next(iter(said))[0] == 422


def test_five_failures_lock_the_account_from_that_address_and_no_other(outsider: Client, ana: Officer) -> None:
    before = [tried(outsider, "ana", "wrong") for _ in range(5)]
    locked = tried(outsider, "ana", PASSWORD)
    assert locked[0] == 422
    assert locked[1] == before[0][1], "a lock is not told from a wrong password"
    elsewhere = tried(OfficersClient(), "ana", PASSWORD, REMOTE_ADDR="10.9.8.7")
    assert elsewhere[0] == 302


def test_failures_are_on_the_log_without_the_name_that_was_tried(outsider: Client, ana: Officer) -> None:
    tried(outsider, "Canary Cavendish-Smythe", "wrong")
    tried(outsider, "ana", "wrong")
    unknown, known = Entry.objects.filter(verb="sign-in failed").order_by("number")
    assert (unknown.officer, unknown.key_list, known.key_list) == (NOBODY.key, [], [ana.key])
    assert "Canary" not in "".join(str(row) for row in Entry.objects.values_list())


def code_of(secret: str) -> str:
    middle = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, middle[len(middle) // 2]))


@pytest.fixture
def second_step_asked(settings: object) -> None:
    settings.SECOND_STEP = True  # type: ignore[attr-defined]


def test_the_second_step_is_set_up_before_anything_else_and_asked_for_ever_after(
    second_step_asked: None, ana: Officer
) -> None:
    cache.clear()
    client = OfficersClient()
    client.post("/sign-in", {"username": "ana", "password": PASSWORD})
    client.post("/lawful-use", {"accepted": "yes"})
    assert client.get("/")["Location"] == "/account/second-step"
    page = client.get("/account/second-step").content.decode()
    secret = re.search(r'ff-id">([A-Z2-7]{32})<', page)
    assert secret
    assert client.post("/account/second-step", {"code": "000000"}).status_code == 422
    assert client.post("/account/second-step", {"code": code_of(secret[1])})["Location"] == "/account/recovery-codes"
    codes = re.findall(r"<li>([0-9a-f]{8,})</li>", client.get("/account/recovery-codes").content.decode())
    assert len(codes) >= 8
    assert client.get("/account/recovery-codes").status_code == 302, "shown once"
    assert told("set_up_second_step") == [{"kind": "codes"}]
    assert secret[1] not in str(Authenticator.objects.get(type="totp").data), "kept under the service's own key"

    again = OfficersClient()
    response = again.post("/sign-in?next=/account", {"username": "ana", "password": PASSWORD})
    assert response["Location"] == "/sign-in/code?next=%2Faccount"
    assert again.get("/account").status_code == 302, "not in by the password alone"
    assert again.post("/sign-in/code?next=/account", {"code": "000000"}).status_code == 422
    assert again.post("/sign-in/code?next=/account", {"code": codes[0]})["Location"] == "/account"
    assert again.get("/account").status_code == 200
    third = OfficersClient()
    third.post("/sign-in", {"username": "ana", "password": PASSWORD})
    assert third.post("/sign-in/code", {"code": codes[0]}).status_code == 422, "a recovery code serves once"


def test_five_wrong_codes_end_the_try(second_step_asked: None, ana: Officer) -> None:
    cache.clear()
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(ana, generate_totp_secret())
    client = OfficersClient()
    client.post("/sign-in", {"username": "ana", "password": PASSWORD})
    for _ in range(5):
        assert client.post("/sign-in/code", {"code": "000000"}).status_code == 422
    assert client.post("/sign-in/code", {"code": "000000"})["Location"] == "/sign-in"


def test_a_password_is_changed_with_the_old_one_and_is_no_common_one(ana: Officer) -> None:
    client = OfficersClient()
    client.post("/sign-in", {"username": "ana", "password": PASSWORD})
    client.post("/lawful-use", {"accepted": "yes"})
    refused = client.post("/account/password", {"old": "wrong", "new": "password1234"})
    assert refused.status_code == 422
    assert b"not your password" in refused.content
    assert b"too common" in refused.content
    assert client.post("/account/password", {"old": PASSWORD, "new": "four other words entirely"}).status_code == 302
    assert client.get("/account").status_code == 200
    assert told("change_password") == [{}], "once, and not the password"


def told(verb: str) -> list[dict[str, Any]]:
    """What was decided by a verb on an account: of each entry of the log its event."""
    entries = Entry.objects.filter(verb=verb, phase="done").values_list("number", flat=True)
    found = [Event.objects.get(entry=number, verb=verb, concern="officers") for number in entries]
    assert Event.objects.filter(verb=verb).count() == len(found)
    return [one.plain["decided"] for one in found]


def test_signing_out_ends_the_session() -> None:
    client = signed_in(an_officer("ana", roles.Held("analyst")))
    assert client.post("/sign-out")["Location"] == "/sign-in"
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "not JSON", '{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}}']
)
def test_what_no_key_answered_sets_nothing_up_and_signs_nobody_in(ana: Officer, answer: str) -> None:
    cache.clear()
    client = OfficersClient()
    client.post("/sign-in", {"username": "ana", "password": PASSWORD})
    client.post("/lawful-use", {"accepted": "yes"})
    assert client.get("/account/security-keys").status_code == 200
    refused = client.post("/account/security-keys", {"name": "x", "credential": answer})
    assert refused.status_code == 422
    assert b"The key was not taken" in refused.content
    assert not Authenticator.objects.exists()
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(ana, generate_totp_secret())
    again = OfficersClient()
    again.post("/sign-in", {"username": "ana", "password": PASSWORD})
    assert again.post("/sign-in/code", {"credential": answer}).status_code == 422
    assert again.get("/account").status_code == 302


def test_a_security_keys_name_that_is_too_long_is_refused_at_its_field_and_not_cut(ana: Officer) -> None:
    client = signed_in(ana)
    client.post("/lawful-use", {"accepted": "yes"})
    refused = client.post("/account/security-keys", {"name": "x" * 41, "credential": "{}"})
    assert refused.status_code == 422
    assert b'id="name-error"' in refused.content
    assert b"Call it by 40 characters or fewer" in refused.content


def test_the_last_second_step_cannot_be_taken_off_an_account(ana: Officer) -> None:
    client = signed_in(ana)
    client.post("/lawful-use", {"accepted": "yes"})
    key = Authenticator.objects.create(user=ana, type="webauthn", data={"name": "one", "credential": {}})
    client.post(f"/account/security-keys/{key.pk}/remove")
    assert Authenticator.objects.filter(pk=key.pk).exists()
    another = Authenticator.objects.create(user=ana, type="webauthn", data={"name": "two", "credential": {}})
    client.post(f"/account/security-keys/{key.pk}/remove")
    assert list(Authenticator.objects.values_list("pk", flat=True)) == [another.pk]
    assert told("remove_second_step") == [{"kind": "security_key"}]
    other = signed_in(an_officer("other", roles.Held("analyst")))
    assert other.post(f"/account/security-keys/{another.pk}/remove").status_code == 404, "another's is not there"
