"""Every address of the service. Each view declares what it needs (`gate`); start-up fails on one that does not."""

from __future__ import annotations

from django.urls import path

from fourfold.web.pages import account, accountability, home, imports, maps, methods, outcomes, papers, picture, running

urlpatterns = [
    path("", home.home, name="home"),
    path("views", home.save, name="save-view"),
    path("views/<int:number>/forget", home.forget, name="forget-view"),
    path("sign-in", account.sign_in, name="sign-in"),
    path("sign-in/code", account.code, name="sign-in-code"),
    path("sign-out", account.sign_out, name="sign-out"),
    path("lawful-use", account.lawful_use, name="lawful-use"),
    path("account", account.account, name="account"),
    path("account/second-step", account.second_step, name="second-step"),
    path("account/recovery-codes", account.recovery_codes, name="recovery-codes"),
    path("account/password", account.password, name="password"),
    path("picture", picture.picture, name="picture"),
    path("picture/series.csv", picture.series_file, name="picture-series"),
    path("map", maps.map_page, name="map"),
    path("map/picture.svg", maps.map_image, name="map-image"),
    path("map/counts.json", maps.counts, name="map-counts"),
    path("map/points.json", maps.points, name="map-points"),
    path("map/shapes/<str:force_id>/<str:by>/<str:digest>.json", maps.shapes, name="map-shapes"),
    path("figures/<str:identity>", picture.finding, name="finding"),
    path("outcomes", outcomes.outcomes, name="outcomes"),
    path("imports", imports.imports, name="imports"),
    path("imports/send", imports.send_file, name="send-file"),
    path("imports/sent/<str:identity>", imports.upload, name="upload"),
    path("imports/files/<str:identity>", imports.batch, name="batch"),
    path("imports/files/<str:identity>/returned.csv", imports.rejects_file, name="rejects"),
    path("papers", papers.papers, name="papers"),
    path("papers/new", papers.new_paper, name="new-paper"),
    path("papers/<str:identity>", papers.paper, name="paper"),
    path("papers/<str:identity>/change", papers.change_paper, name="change-paper"),
    path("papers/<str:identity>/editions/<int:number>", papers.edition, name="edition"),
    path("papers/<str:identity>/editions/<int:number>/<str:ending>", papers.edition_file, name="edition-file"),
    path("methods", methods.methods, name="methods"),
    path("accountability", accountability.accountability, name="accountability"),
    path("accountability/roles", accountability.role_table, name="roles"),
    path("accountability/log", accountability.log, name="log"),
    path("accountability/log/check", accountability.verify, name="verify-log"),
    path("accountability/events", accountability.events, name="events"),
    path("accountability/officers", accountability.officers, name="officers"),
    path("accountability/officers/<str:key>", accountability.officer, name="officer"),
    path("health", running.health, name="health"),
    path("ready", running.ready, name="ready"),
]
handler404 = "fourfold.web.gate.missing"
handler500 = "fourfold.web.gate.broken"
