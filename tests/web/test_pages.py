"""What each page says and does, by the people who use it."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fourfold.analysis.findings import Finding
from fourfold.casework import audit, uploads
from fourfold.casework.audit import Entry
from fourfold.casework.drafts import Draft, Edition, change_draft
from fourfold.casework.events import Event
from fourfold.casework.officers import Officer
from fourfold.casework.uploads import Upload, uploads_folder
from fourfold.errors import NothingHeld, StorageFailed
from fourfold.publications.register import finding_named
from fourfold.records import access
from fourfold.records.access import Asking, Folder
from fourfold.records.as_at import records_as_at
from fourfold.web import figures
from tests.records import extracts
from tests.web.conftest import work_done

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
BURGLARY = "/picture?force=leicestershire&measure=police_uk_burglary&from=2022-08&to=2022-10"
PAPER = {
    "title": "Preventing crime", "force": "leicestershire", "from": "2022-08", "to": "2022-10", "board": "The board",
    "marking": "OFFICIAL", "meeting-day": "29", "meeting-month": "11", "meeting-year": "2022",
}  # fmt: skip


@pytest.fixture
def own_home(held_home: Path, tmp_path: Path, settings: Any) -> Path:
    """A copy of the records' folder, to be changed."""
    home = tmp_path / "home"
    shutil.copytree(held_home, home)
    settings.FOURFOLD_HOME = home
    return home


def text_of(response: Any) -> str:
    import html

    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def test_the_picture_says_what_is_counted_where_and_when(as_role: Callable[..., Client], records_held: Path) -> None:
    said = text_of(as_role("analyst").get(BURGLARY))
    assert "August to October 2022" in said
    assert "Leicestershire" in said
    assert "How was this made?" in said
    assert "Identity" in said


def test_two_who_open_one_address_are_shown_the_same_finding(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    import re

    pages = [as_role(role).get(BURGLARY).content.decode() for role in ("analyst", "board_reader")]
    found = [re.search(r'/figures/([0-9a-f]{12})"', page) for page in pages]
    assert len({match[1] for match in found if match}) == 1
    assert all(found)


def test_a_colleague_whose_role_shows_less_is_shown_less_at_the_same_address(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    analyst, reader = as_role("analyst"), as_role("board_reader")
    whole = text_of(analyst.get(BURGLARY))
    assert "The twenty small areas with the most" in whole
    assert "The twenty small areas" not in text_of(reader.get(BURGLARY))
    small = f"{BURGLARY}&area=E01032867"
    assert analyst.get(small).status_code == 200
    assert reader.get(small).status_code == 404


def test_a_supervisor_for_one_council_sees_its_small_areas_and_no_others(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    supervisor = as_role("supervisor", "E06000016")
    assert supervisor.get(f"{BURGLARY}&area=E01032867").status_code == 200, "in Leicester"
    assert supervisor.get(f"{BURGLARY}&area=E01025720").status_code == 404, "in Charnwood"
    assert Entry.objects.filter(phase="refused").count() == 1


def test_a_figure_is_traced_to_its_lines_by_those_who_may(as_role: Callable[..., Client], records_held: Path) -> None:
    import re

    page = as_role("analyst").get(BURGLARY).content.decode()
    identity = re.search(r'/figures/([0-9a-f]{12})"', page)
    assert identity
    seen = text_of(as_role("analyst").get(f"/figures/{identity[1]}"))
    assert "2022-10-leicestershire-street.csv.gz" in seen
    assert "as printed" in seen
    entry = Entry.objects.get(record_class="source_lines")
    lines = [key for key in entry.key_list if ":" in key]
    assert lines, "each line that is shown"
    assert all(key.split(":")[0] in entry.key_list for key in lines), "beside its file"
    assert all(re.search(rf"\b{key.split(':')[1]}\b", seen) for key in lines)
    assert "your role does not show lines" in text_of(as_role("board_reader").get(f"/figures/{identity[1]}"))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("measure=no_such_measure", "cannot be counted"),
        ("area=E99999999", "No area of that code"),
        ("from=2022-10&to=2022-08", "before it begins"),
        ("from=yesterday", "not a date"),
        ("against=doomsday", "no such comparison"),
        ("force=atlantis", "No records of that force"),
    ],
)
def test_an_address_that_asks_for_what_is_not_says_how_to_put_it_right(
    as_role: Callable[..., Client], records_held: Path, query: str, says: str
) -> None:
    response = as_role("analyst").get(f"/picture?{query}")
    assert response.status_code == 422
    assert says in text_of(response)


def test_the_series_taken_away_is_marked_and_on_the_log(as_role: Callable[..., Client], records_held: Path) -> None:
    response = as_role("analyst").get(BURGLARY.replace("/picture", "/picture/series.csv"))
    rows = list(csv.reader(io.StringIO(response.content.decode())))
    assert rows[0] == ["OFFICIAL-SENSITIVE"]
    assert rows[1] == ["month", "count"]
    assert "attachment" in response["Content-Disposition"]
    [entry] = Entry.objects.filter(kind="disclosure")
    assert entry.recipient == Officer.objects.get().key


def test_the_map_is_a_picture_by_council_and_by_small_area_for_those_who_may(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    address = BURGLARY.replace("/picture", "/map/picture.svg")
    response = as_role("board_reader").get(address)
    assert response["Content-Type"] == "image/svg+xml"
    assert b"<svg" in response.content
    assert as_role("board_reader").get(f"{address}&by=small").status_code == 404
    assert as_role("analyst").get(f"{address}&by=small").status_code == 200


@pytest.mark.slow
def test_a_supervisor_sends_a_file_takes_the_returned_lines_and_sends_the_corrected_file(
    as_role: Callable[..., Client], own_home: Path, street_file: Callable[..., Path]
) -> None:
    client = as_role("supervisor")
    good: list[Any] = [("Burglary", -1.13, 52.63)] * 7
    wrong = [
        "x,2021-03,Leicestershire Police,Leicestershire Police,,,No Location,,,Burglary,,",
        "only,three,cells",
        "a,b",
    ]
    sent = client.post(
        "/imports/send", {"file": sent_as(street_file("2022-11-leicestershire-street.csv", [*good, *wrong]))}
    )
    assert "waits its turn" in text_of(client.get(sent["Location"]))
    work_done()
    said = text_of(client.get(sent["Location"]))
    assert "The file is held" in said
    [identity] = Upload.objects.get().batch_list
    batch = client.get(f"/imports/files/{identity}")
    assert "3 lines returned" in text_of(batch)
    lines = client.get(f"/imports/files/{identity}/returned.csv")
    rows = list(csv.DictReader(io.StringIO(lines.content.decode())))
    assert [row["line"] for row in rows] == ["9", "10", "11"]
    assert all(row["cause"] and row["remedy"] for row in rows)
    [entry] = Entry.objects.filter(kind="disclosure")
    assert entry.key_list == [identity, f"{identity}:returned"]

    corrected = street_file("2022-11-leicestershire-street.csv", [*good, *good[:3]])
    sent = client.post(f"/imports/send?corrects={identity}", {"file": sent_as(corrected)})
    work_done()
    assert "Later files speak for every month" in text_of(client.get(f"/imports/files/{identity}"))
    assert [u.state for u in Upload.objects.order_by("sent_at")] == ["done", "done"]
    assert Upload.objects.order_by("-sent_at").first().replaces == identity  # type: ignore[union-attr]
    assert not any(uploads_folder().iterdir()), "nothing waits any more"
    verbs = list(
        Entry.objects.filter(officer=Officer.objects.get().key).order_by("number").values_list("verb", "phase")
    )
    assert ("import_upload", "begun") in verbs
    assert ("import_upload", "closed") in verbs
    assert Event.objects.filter(verb="import_upload").count() == 2


def test_the_lines_of_a_restricted_file_are_shown_to_its_sender_and_the_information_manager_alone(
    as_role: Callable[..., Client], own_home: Path, street_file: Callable[..., Path]
) -> None:
    sender, other = as_role("supervisor"), as_role("analyst")
    manager = as_role("information_manager")
    file = street_file("2022-11-leicestershire-street.csv", [*[("Burglary", -1.13, 52.63)] * 7, "only,three,cells"])
    sender.post("/imports/send", {"file": sent_as(file), "restricted": "yes"})
    assert Entry.objects.get(verb="send_file").notes["restricted"] is True
    work_done()
    [identity] = Upload.objects.get().batch_list
    lines = f"/imports/files/{identity}/returned.csv"
    for client, sees in ((sender, True), (manager, True), (other, False)):
        page = text_of(client.get(f"/imports/files/{identity}"))
        assert "sent in as restricted" in page
        assert ("Download the lines returned" in page) == sees
        assert client.get(lines).status_code == (200 if sees else 404)
    assert Entry.objects.get(phase="refused").verb == "refused export"
    page = manager.get(BURGLARY.replace("2022-08", "2022-11").replace("2022-10", "2022-11")).content.decode()
    found = re.search(r'/figures/([0-9a-f]{12})"', page)
    assert found is not None
    assert "your role does not show lines" in text_of(other.get(f"/figures/{found[1]}"))
    assert "your role does not show lines" not in text_of(manager.get(f"/figures/{found[1]}"))

    # The same content, held already and open to all, is not closed to others by sending it in again.
    Upload.objects.update(is_new=False)
    assert other.get(lines).status_code == 200


def sent_as(path: Path) -> SimpleUploadedFile:
    return SimpleUploadedFile(path.name, path.read_bytes())


def test_a_file_of_no_known_layout_is_kept_out_and_its_fault_is_said(
    as_role: Callable[..., Client], own_home: Path
) -> None:
    client = as_role("analyst")
    sent = client.post("/imports/send", {"file": SimpleUploadedFile("../../etc/<b>odd</b>.csv", b"a,b\n1,2\n")})
    work_done()
    said = text_of(client.get(sent["Location"]))
    assert "Nothing of the file was kept" in said
    assert Upload.objects.get().file_name == "b>.csv", "a name, and no path"
    assert client.post("/imports/send", {}).status_code == 422


def test_a_file_is_taken_out_with_a_reason_by_the_information_manager_alone(
    as_role: Callable[..., Client], own_home: Path
) -> None:
    from datetime import UTC, datetime

    standing = records_as_at(own_home, datetime.now(UTC)).standing
    identity = next(b.batch_id for b in standing if "crimes" in b.tables)
    assert as_role("supervisor").post(f"/imports/files/{identity}", {"reason": "x"}).status_code == 404
    manager = as_role("information_manager")
    assert manager.post(f"/imports/files/{identity}", {"reason": " "}).status_code == 422
    assert manager.post(f"/imports/files/{identity}", {"reason": "Sent by mistake"}).status_code == 302
    assert "taken out of every figure" in text_of(manager.get(f"/imports/files/{identity}"))
    begun = Entry.objects.get(verb="withdraw_batch", phase="begun")
    assert Entry.objects.get(refers_to=begun.number).notes["outcome"] == "done"


def test_two_who_save_one_paper_the_second_is_shown_both_and_nothing_is_lost(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    secretary, analyst = as_role("board_secretary"), as_role("analyst")
    address = secretary.post("/papers/new", PAPER)["Location"]
    assert secretary.post(f"{address}/change", {**PAPER, "version": "1", "title": "Hers"}).status_code == 302
    conflict = analyst.post(f"{address}/change", {**PAPER, "version": "1", "title": "His"})
    assert conflict.status_code == 409
    said = text_of(conflict)
    assert "Hers" in said
    assert "differs" in said
    assert b'value="His"' in conflict.content
    assert Draft.objects.get().title == "Hers"
    assert analyst.post(address, {"version": "1"}).status_code == 409, (
        "no edition is written of what was not on the screen"
    )
    assert not Draft.objects.get().editions.exists()
    assert analyst.post(f"{address}/change", {**PAPER, "version": "2", "title": "His"}).status_code == 302
    assert [e.plain["decided"]["title"] for e in Event.objects.order_by("pk")] == ["Preventing crime", "Hers", "His"]


def test_a_form_that_does_not_say_which_version_it_is_of_overwrites_none(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    secretary = as_role("board_secretary")
    address = secretary.post("/papers/new", PAPER)["Location"]
    for version in ("", "one", "9" * 12):
        conflict = secretary.post(f"{address}/change", {**PAPER, "version": version, "title": "Theirs"})
        assert conflict.status_code == 409
        assert b'value="Theirs"' in conflict.content, "nothing is lost"
    assert Draft.objects.get().title == "Preventing crime"


def test_what_a_colleague_saved_a_moment_ago_is_what_is_shown_beside_ones_own(
    as_role: Callable[..., Client], records_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secretary = as_role("board_secretary")
    address = secretary.post("/papers/new", PAPER)["Location"]

    def first(*given: Any, **said: Any) -> Any:
        Draft.objects.update(title="Saved a moment ago", version=2)
        return change_draft(*given, **said)

    monkeypatch.setattr("fourfold.web.pages.papers.change_draft", first)
    conflict = secretary.post(f"{address}/change", {**PAPER, "version": "1", "title": "His"})
    assert conflict.status_code == 409
    assert "Saved a moment ago" in text_of(conflict)
    assert re.search(rb'name="version"[^>]*value="2"|value="2"[^>]*name="version"', conflict.content)


def test_a_paper_with_wrong_fields_says_what_is_wrong_with_each(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    wrong = {**PAPER, "title": "", "from": "soon", "meeting-day": "31", "marking": "SECRET", "force": "atlantis"}
    response = as_role("board_secretary").post("/papers/new", wrong)
    assert response.status_code == 422
    said = text_of(response)
    for words in (
        "Enter a title",
        "Enter the first month",
        "must be a real date",
        "Choose a marking",
        "Choose a force",
    ):
        assert words in said
    assert not Draft.objects.exists()


def test_what_is_too_long_for_a_paper_is_said_of_its_field_and_never_cut(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    secretary = as_role("board_secretary")
    for name in ("title", "board", "priority", "presenter"):
        refused = secretary.post("/papers/new", {**PAPER, name: "w" * 201})
        assert refused.status_code == 422
        assert "must be 200 characters or fewer" in text_of(refused)
        assert ("w" * 201).encode() in refused.content, "what was written is there to be shortened"
    assert secretary.post("/papers/new", {**PAPER, "presenter": "w" * 200}).status_code == 302
    assert Draft.objects.get().presenter == "w" * 200


@pytest.mark.slow
def test_a_board_reader_reads_the_paper_and_takes_the_document(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    secretary, reader = as_role("board_secretary"), as_role("board_reader")
    address = secretary.post("/papers/new", PAPER)["Location"]
    assert reader.get(f"{address}/change").status_code == 404
    assert reader.post(address).status_code == 404
    secretary.post(address)
    assert "being written" in text_of(reader.get(address))
    work_done()
    assert Edition.objects.get().fault == ""
    Draft.objects.update(version=7, marking="OFFICIAL-SENSITIVE")
    assert "Download DOCX" in text_of(reader.get(address))
    assert "Of version 1 of the paper" in text_of(reader.get(address)), "as it was asked for, not as it is now"
    page = reader.get(f"{address}/editions/1")
    assert b"Preventing crime" in page.content
    assert "'unsafe" not in page["Content-Security-Policy"]
    assert "'sha256-" in page["Content-Security-Policy"]
    document = reader.get(f"{address}/editions/1/docx")
    assert "word/document.xml" in zipfile.ZipFile(io.BytesIO(document.content)).namelist()
    [entry] = Entry.objects.filter(kind="disclosure")
    assert entry.verb == "take paper"
    assert reader.get(f"{address}/editions/1/exe").status_code == 404


def test_the_information_manager_finds_who_looked_and_that_is_itself_found(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    as_role("analyst").get(BURGLARY)
    [looked] = Entry.objects.filter(kind="consultation")
    [key] = looked.key_list
    manager = as_role("information_manager")
    assert "Officer analyst" in text_of(manager.get(f"/accountability/log?about={key}"))
    again = text_of(manager.get("/accountability/log?kind=consultation&record_class=log"))
    assert "search the log" in again
    search = Entry.objects.get(verb="search the log", keys=f'["{key}"]')
    assert search.officer == Officer.objects.get(username="information_manager").key
    assert as_role("analyst").get(f"/accountability/log?about={key}").status_code == 404
    assert "read" in text_of(as_role("analyst").get("/account")), "each officer sees what is one's own"
    wrong = manager.get("/accountability/log?from=yesterday")
    assert wrong.status_code == 422


def test_each_officer_sees_all_of_ones_own_entries_page_by_page_with_their_keys_and_nobody_elses(
    as_role: Callable[..., Client],
) -> None:
    analyst = as_role("analyst")
    me = Officer.objects.get(username="analyst").key
    at = datetime(2026, 3, 4, 9, tzinfo=UTC)
    for n in range(120):
        who = audit.Who(me if n % 2 else "somebody else")
        audit.entered(
            who, "consultation", "read", "people", at=at, keys=[f"K{n:03}", *(["L"] * 60 if n == 119 else [])]
        )
    own = audit.entries(by=me).count()
    first = text_of(analyst.get("/account"))
    second = text_of(analyst.get("/account?page-your-entries-the-latest-first=2"))
    assert own > 50
    assert "and 11 more" in first
    for n in range(120):
        assert ((f"K{n:03}" in first) + (f"K{n:03}" in second)) == n % 2, n
    assert "K001" in text_of(analyst.get("/account?sort-your-entries-the-latest-first=0"))


def test_a_log_of_the_folder_that_was_altered_is_said_and_the_services_own_is_searched_and_checked_all_the_same(
    as_role: Callable[..., Client], home: Path, settings: Any
) -> None:
    settings.FOURFOLD_HOME, settings.AUDIT_HEADS = home, home / "heads.jsonl"
    asking = Asking(officer="A1", role="analyst", purpose="linking people")
    Folder(home).entered(access.Entry(at=datetime.now(UTC), kind="combination", verb="link people", asking=asking))
    log = home / "access" / "log.jsonl"
    log.write_text(log.read_text().replace("analyst", "nobody"))
    as_role("analyst")
    manager = as_role("information_manager")
    found = manager.get(f"/accountability/log?by={Officer.objects.get(username='information_manager').key}")
    assert found.status_code == 200
    assert "not as it was made" in text_of(found)
    again = text_of(manager.get("/accountability/log?kind=consultation"))
    assert "search the log" in again
    last = Entry.objects.order_by("-number")[0]
    audit.head_kept(last.instant, last.number, last.hash, is_due=True)
    checked = text_of(manager.post("/accountability/log/check"))
    assert "that of the records’ folder is not" in checked
    assert Entry.objects.get(verb="verify the log").notes["is_whole"] is False


def test_the_log_is_checked_on_the_page_which_says_what_the_check_cannot_show(as_role: Callable[..., Client]) -> None:
    manager = as_role("information_manager")
    said = text_of(manager.post("/accountability/log/check"))
    assert "What this cannot show" in said
    assert Entry.objects.filter(verb="verify the log").count() == 1


def test_roles_are_given_with_a_reason_and_by_two_at_once_only_once(as_role: Callable[..., Client]) -> None:
    as_role("analyst")
    manager = as_role("information_manager")
    ana = Officer.objects.get(username="analyst")
    page = f"/accountability/officers/{ana.key}"
    given = {"role": ["analyst", "supervisor"], "areas": "E06000016", "version": "1", "reason": "New post"}
    assert manager.post(page, {**given, "reason": ""}).status_code == 422
    for long in ({"reason": "x" * 501}, {"reason": "x" * 501, "close": "yes"}):
        refused = manager.post(page, {**given, **long})
        assert refused.status_code == 422
        assert "The reason is 501 characters long, and the log takes 500" in text_of(refused)
        assert b'id="reason-error"' in refused.content
        assert Officer.objects.get(pk=ana.pk).version == 1, "none of it is done"
    assert manager.post(page, given).status_code == 302
    assert manager.post(page, given).status_code == 409
    held = {(one.role, one.areas) for one in Officer.objects.get(pk=ana.pk).grants.filter(ends_at=None)}
    assert held == {("analyst", "E06000016"), ("supervisor", "E06000016")}
    me = Officer.objects.get(username="information_manager")
    refused = manager.post(f"/accountability/officers/{me.key}", given)
    assert refused.status_code == 422
    assert "Nobody gives roles to oneself" in text_of(refused)
    assert manager.post(page, {"close": "yes", "version": "2", "reason": "Left"}).status_code == 302
    assert not Officer.objects.get(pk=ana.pk).is_active


FILTERED = [
    ("economic_crime_supervisor", "/fraud/threshold"), ("information_manager", "/accountability/log"), ("board_reader", BURGLARY),
    ("analyst", BURGLARY.replace("/picture", "/map")), ("analyst", "/outcomes?force=leicestershire"),
]  # fmt: skip


@pytest.mark.parametrize(("role", "address"), FILTERED, ids=[one[1].partition("?")[0] for one in FILTERED])
def test_what_is_filtered_can_be_saved(
    as_role: Callable[..., Client], records_held: Path, role: str, address: str
) -> None:
    said = as_role(role).get(address).content.decode()
    assert said.count('class="ff-filters" method="get"') == 1
    assert said.count("Save this view as") == 1
    assert "Save this view as" not in as_role(role).get("/").content.decode(), "it has no filters"


def test_a_saved_view_keeps_nobodys_name(as_role: Callable[..., Client], records_held: Path) -> None:
    manager = as_role("information_manager")
    manager.post(
        "/views", {"name": "Log", "address": "/accountability/log?about=Jane+Smith&kind=access&by=Jane%20Smith"}
    )
    [view] = Officer.objects.get(username="information_manager").saved_views.all()
    assert view.address == "/accountability/log?kind=access"
    assert Event.objects.get(verb="save_view").plain["decided"] == {"page": "/accountability/log"}


def test_no_page_is_fetched_again_but_by_the_script_that_can_be_told_to_stop() -> None:
    for page in (ROOT / "src" / "fourfold" / "web" / "jinja2").rglob("*.html"):
        said = page.read_text()
        assert "http-equiv" not in said, page.name
        assert "looks again by itself" not in said, f"{page.name} says what is so with a script alone"


def test_a_view_that_is_too_long_is_refused_and_never_cut(as_role: Callable[..., Client], records_held: Path) -> None:
    reader = as_role("board_reader")
    for name, address in (("n" * 81, "/picture"), ("Long", f"/picture?area={'x' * 1000}")):
        answer = reader.post("/views", {"name": name, "address": address})
        assert answer.status_code == 422
        assert "too long to be saved" in text_of(answer)
    assert reader.post("/views", {"name": "Mine", "address": "/picture"}).status_code == 302
    [view] = Officer.objects.get(username="board_reader").saved_views.all()
    reader.post(f"/views/{view.pk}/forget")
    for verb in ("save_view", "forget_view"):
        entry = Entry.objects.get(verb=verb)
        assert (entry.key_list, Event.objects.get(verb=verb).entry) == ([str(view.pk)], entry.number)


def test_a_view_is_saved_and_forgotten_and_is_only_of_this_service(
    as_role: Callable[..., Client], records_held: Path
) -> None:
    analyst = as_role("analyst")
    analyst.post("/views", {"name": "Burglary", "address": BURGLARY})
    assert "Burglary" in text_of(analyst.get("/"))
    analyst.post("/views", {"name": "Elsewhere", "address": "https://evil.example/"})
    assert "evil.example" not in analyst.get("/").content.decode()
    number = Officer.objects.get().saved_views.get(name="Burglary").pk
    as_role("supervisor").post(f"/views/{number}/forget")
    assert Officer.objects.get(username="analyst").saved_views.filter(pk=number).exists(), "another's is not touched"
    analyst.post(f"/views/{number}/forget")
    assert "Burglary" not in text_of(analyst.get("/")).partition("Your work")[2]


@pytest.mark.parametrize("page", ["/", "/outcomes", "/imports", "/papers", "/methods", "/accountability", "/accountability/roles",
                                  "/account", "/account/password", "/imports/send", "/imports/quality",
                                  "/imports/feeds"])  # fmt: skip
def test_each_page_is_whole_on_records_and_on_none(
    as_role: Callable[..., Client], settings: Any, held_home: Path, tmp_path: Path, page: str
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir(mode=0o700)
    for home in (held_home, empty):
        settings.FOURFOLD_HOME = home
        assert as_role("analyst").get(page).status_code == 200


def test_decisions_wait_for_the_days_end_or_are_given_to_the_records_at_once(
    as_role: Callable[..., Client], own_home: Path
) -> None:
    from fourfold.casework import handovers, work

    as_role("board_secretary").post("/papers/new", PAPER)
    manager = as_role("information_manager")
    assert "1 decision waits for the end of the day" in text_of(manager.get("/accountability/events"))
    assert manager.post("/accountability/events").status_code == 302
    [asked] = work.DBTaskResult.objects.filter(task_path=work.hand_over_events.module_path)
    work.hand_over_events.func(*asked.args_kwargs["args"])
    [made] = handovers.handovers()
    said = text_of(manager.get("/accountability/events"))
    assert made.batch in said
    assert made.events == 1
    assert Entry.objects.get(verb="hand_over_events", phase="begun").officer == made.asked_by
    assert as_role("analyst").get("/accountability/events").status_code == 404


def test_how_a_figure_was_made_is_told_where_another_process_has_yet_to_enter_it(
    as_role: Callable[..., Client], records_held: Path, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes answer: one shows the figure, and the other is asked how it was made before it is on the disk."""
    analyst = as_role("analyst")
    address = re.search(r"/figures/([0-9a-f]+)", analyst.get(BURGLARY).content.decode())
    assert address
    figures.settle()
    path = records_held / "findings" / f"{address[1]}.json"
    aside = path.rename(tmp_path / path.name)
    monkeypatch.setattr(figures, "ENTERED_WITHIN", 30.0)
    looked = iter(range(9))

    def slept(_: float) -> None:
        if next(looked) == 1:
            aside.rename(path)

    monkeypatch.setattr(figures.time, "sleep", slept)
    assert analyst.get(address[0]).status_code == 200


def test_what_was_worked_out_of_records_that_have_changed_since_is_forgotten(
    records_held: Path, tmp_path: Path
) -> None:
    def asked(at: datetime | None = None) -> tuple[Any, ...]:
        records = figures.standing_records(at)
        figures.kept(("a test", str(records.home), records.as_at, "big"), lambda _: object())
        return ("a test", str(records.home), records.as_at, "big")

    first, of_a_paper = asked(), asked(datetime(2022, 7, 1, tzinfo=UTC))
    assert {first, of_a_paper} <= set(figures._kept)
    extracts.put(records_held, tmp_path, datetime.now(UTC), "crimes", [{"crime_ref": "C1"}])
    second = asked()
    assert second != first
    assert first not in figures._kept
    assert ("records", *first[1:3]) not in figures._kept
    assert {second, of_a_paper} <= set(figures._kept), "a paper's instant is asked for again"


def test_a_figure_that_could_not_be_entered_is_made_and_entered_again(
    as_role: Callable[..., Client], records_held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = re.search(r"/figures/([0-9a-f]+)", as_role("analyst").get(BURGLARY).content.decode())
    assert address
    figures.settle()
    one, path = finding_named(records_held, address[1]), records_held / "findings" / f"{address[1]}.json"
    path.unlink()
    records = figures.standing_records()
    made: list[Finding] = []

    def count() -> Finding:
        made.append(one)
        return one

    def failed(*_: Any) -> None:
        raise ValueError("quotes Mrs Canary")

    with monkeypatch.context() as during:
        during.setattr(figures, "registered", failed)
        figures.figure(records, "a test", made=count)
        figures.settle()
    assert not path.exists()
    figures.figure(records, "a test", made=count)
    assert len(made) == 2
    assert figures.finding_shown(records_held, one.id).id == one.id


def test_that_the_records_have_no_answer_is_kept_and_a_fault_that_may_pass_is_not(records_held: Path) -> None:
    records, asked = figures.standing_records(), []

    def none_held() -> Finding:
        asked.append("held")
        raise NothingHeld("Nothing is held.", remedy="Bring it in.")

    def disk_full() -> Finding:
        asked.append("disk")
        raise StorageFailed("The disk is full.", remedy="Make room.")

    for _ in range(2):
        with pytest.raises(NothingHeld, match="Bring it in"):
            figures.figure(records, "no answer", made=none_held)
        with pytest.raises(StorageFailed):
            figures.figure(records, "no room", made=disk_full)
    assert asked == ["held", "disk", "disk"]


@pytest.mark.django_db
def test_what_a_killed_process_left_beside_the_database_is_removed_at_start_up_and_what_is_passing_is_not(
    tmp_path: Path, settings: Any
) -> None:
    settings.FOURFOLD_HOME = tmp_path
    place = tmp_path / "service"
    place.mkdir()
    old = time.time() - 2 * 24 * 3600
    for name in ("tmpold.upload.csv", "tmpnew.upload.csv", "casework.sqlite3"):
        (place / name).write_text("a line")
    for name in ("bundle-old", "bundle-new"):
        (place / name).mkdir()
        (place / name / "access.json").write_text("a life")
    for name in ("tmpold.upload.csv", "bundle-old", "casework.sqlite3"):
        os.utime(place / name, (old, old))
    uploads.put_back()
    assert sorted(one.name for one in place.iterdir()) == ["bundle-new", "casework.sqlite3", "tmpnew.upload.csv"]
