"""Every address of the service. Each view declares what it needs (`gate`); start-up fails on one that does not."""

from __future__ import annotations

from django.urls import path

from fourfold.web.pages import account, home, picture, running

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in", account.sign_in, name="sign-in"),
    path("sign-in/code", account.code, name="sign-in-code"),
    path("sign-out", account.sign_out, name="sign-out"),
    path("lawful-use", account.lawful_use, name="lawful-use"),
    path("account", account.account, name="account"),
    path("account/second-step", account.second_step, name="second-step"),
    path("account/recovery-codes", account.recovery_codes, name="recovery-codes"),
    path("account/password", account.password, name="password"),
    path("picture", picture.picture, name="picture"),
    path("picture/map.svg", picture.map_image, name="picture-map"),
    path("picture/series.csv", picture.series_file, name="picture-series"),
    path("figures/<str:identity>", picture.finding, name="finding"),
    path("health", running.health, name="health"),
    path("ready", running.ready, name="ready"),
]
handler404 = "fourfold.web.gate.missing"
handler500 = "fourfold.web.gate.broken"
