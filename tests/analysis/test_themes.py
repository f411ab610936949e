"""Themes of reports of fraud: what is said of a text, how sure, and how often that is right on texts by other hands."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from fourfold.analysis import narratives, themes
from fourfold.analysis.theme_accuracy import accuracy, ranked
from fourfold.cli import app
from fourfold.codes.themes import LabelledText, checked_texts, cues, labelled_texts, theme
from fourfold.codes.themes import themes as known
from fourfold.errors import CodeUnknown, RecordsInvalid

# A text                                                                                              its theme
TOLD = """
A detective rang, I drew out £4,000 and a taxi driver collected the envelope from my door            | courier_fraud
Caller from my card company said a courier would collect my debit card and PIN                       | courier_fraud
Told by bank fraud team to transfer my savings to a safe account, nobody came to the house           | bank_impersonation_apa
Hi mum this is my new number, my phone broke, can you pay a bill for me on WhatsApp                  | whatsapp_family_impersonation
Text about the £400 energy rebate, I put my card details in the link                                 | energy_or_cost_of_living
Met him on a dating site, he works on an oil rig, sent money for his flight and never met            | romance
Bitcoin trading platform, my account manager would not let me withdraw my profits                    | investment_crypto
My Instagram was hacked and I am locked out, they changed the password                               | account_takeover
Paid deposit for a flat, the landlord did not exist and somebody else lives there                    | rental
Microsoft rang about a virus on my computer and had me install AnyDesk                               | computer_software_service
Text from Royal Mail to pay £2.99 for redelivery of a parcel, clicked the link                       | parcel_delivery_smishing
Supplier's invoice came with changed bank details by email and our company paid it                   | mandate_invoice
Inheritance of millions from a barrister, I paid a processing fee                                    | advance_fee
Cold called by a broker to buy shares and whisky casks as an investment                              | boiler_room
Bought concert tickets and was turned away at the gate                                               | ticket
Roofers knocked about loose tiles, took the money and never came back                                | tradesman
Paid for a puppy, the breeder had no litter                                                          | pet_scam
Telegram job, paid tasks rating hotels, had to top up to unlock the commission                       | job_or_task_scam
A recovery firm said they would get my money back from the earlier scam for a fee                    | recovery_room
Threatened to send nude video to all my contacts unless I pay                                        | sextortion
Told I had won the lottery prize and must pay tax first                                              | lottery
Ordered a laptop on a website, it never arrived and the seller blocked me                            | online_shopping
My employee has been stealing from the till                                                          | unclear_or_other
"""
TABLE = [tuple(part.strip() for part in line.split("|")) for line in TOLD.strip().splitlines()]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_a_plain_telling_has_its_theme(text: str, expected: str) -> None:
    assert themes.scores(themes.scorer(), [text]).best == [expected]


def test_every_theme_has_a_definition_cues_and_labelled_texts() -> None:
    names = {t.theme for t in known()}
    assert names == set(cues().rules) == {one.theme for one in labelled_texts()}
    assert all(t.definition and t.title for t in known())
    assert {i.lstrip("!") for rules in cues().rules.values() for rule in rules for i in rule} <= set(cues().ideas)
    with pytest.raises(CodeUnknown):
        theme("card_fraud")


def test_the_scorer_shipped_learnt_from_the_texts_and_cues_shipped() -> None:
    assert themes.scorer().digest == themes.digest_of(labelled_texts())


def test_what_it_abstains_from_is_said_and_its_guess_is_given() -> None:
    found = themes.scores(themes.scorer(), ["", "blue", "he walked along the road"])
    assert found.abstains.all()
    assert np.allclose(found.probability.sum(axis=1), 1)
    assert set(found.best) <= {t.theme for t in known()}


def test_the_words_that_drove_a_score_stand_in_its_text() -> None:
    texts = [text for text, _ in TABLE]
    _, words, ideas = themes.explained_scores(themes.scorer(), texts)
    for text, spoke in zip(texts, words, strict=True):
        assert 0 < len(spoke) <= 3
        assert all(word in text.lower() for word in spoke)
    assert {"police", "courier", "cash"} <= set(ideas[0])


def test_a_scorer_written_and_read_says_the_same() -> None:
    one = themes.scorer()
    other = themes.from_bytes(themes.as_bytes(one))
    texts = [text for text, _ in TABLE]
    assert np.allclose(themes.scores(one, texts).probability, themes.scores(other, texts).probability, atol=1e-3)


def test_a_number_is_learnt_by_its_size_and_never_itself() -> None:
    assert [narratives.plain(w) for w in ("£2.99", "£50", "£4,000", "07700900123", "900", "card")] == [
        "£0", "£1", "£3", "#6", "#3", "card",
    ]  # fmt: skip
    assert not any(re.search(r"\d{2}", w) for w in themes.scorer().words)


def _told_slowly(text: str, phrase: tuple[str, ...]) -> bool:
    """Whether the words of a phrase follow each other in a text, said plainly."""
    words = re.findall(r"[£$€]?\d[\d.,]*[a-z]*|[a-z]+(?:['-][a-z]+)*", text.lower())
    fits = lambda w, p: w.startswith(p[:-1]) if p.endswith("*") else w == p  # noqa: E731
    return any(
        all(fits(w, p) for w, p in zip(words[i : i + len(phrase)], phrase, strict=False))
        for i in range(len(words) - len(phrase) + 1)
    )


_SAMPLE = "police taxi collected card pin hi mum new number safe account my energy £400 rebate and the"
_WORDS = st.sampled_from(sorted(_SAMPLE.split()))


@pytest.mark.slow
@given(st.lists(st.lists(_WORDS, max_size=8).map(" ".join), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None)
def test_ideas_are_those_that_a_plain_search_finds(texts: list[str]) -> None:
    found = narratives.ideas(narratives.words(texts))
    for row, text in zip(found, texts, strict=True):
        slow = [any(_told_slowly(text, phrase) for phrase in phrases) for phrases in cues().ideas.values()]
        assert (row > 0).tolist() == slow


def test_a_ranking_is_judged_with_ties_together() -> None:
    right = np.array([True, False, True, False])
    assert ranked(right, np.array([0.9, 0.2, 0.8, 0.1])) == (1.0, 1.0)
    assert ranked(right, np.array([0.5, 0.5, 0.5, 0.5])) == (0.5, 0.0)


def test_a_theme_of_few_texts_is_not_judged() -> None:
    told = accuracy(["romance"] * 10 + ["lottery"] * 3, ["lottery", "romance"], np.tile([0.1, 0.9], (13, 1)))
    assert (told.right, [t.theme for t in told.judged], told.courier_average_precision) == (10, ["romance"], None)


def test_labels_of_one_theme_teach_nothing() -> None:
    few = [LabelledText(str(i), "romance", "love", "the force", str(i)) for i in range(5)]
    with pytest.raises(RecordsInvalid):
        themes.scorer(few)


def test_the_command_gives_each_row_its_theme(tmp_path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text("report_id,narrative\nA1,A detective rang and a courier collected my cash\nA2,\n")
    told = CliRunner().invoke(app, ["themes", "score", str(file), "--json"])
    rows = json.loads(told.stdout)
    assert (rows[0]["report_id"], rows[0]["theme"], rows[0]["abstained"]) == ("A1", "courier_fraud", False)
    assert rows[1]["abstained"]
    assert 0 <= rows[0]["probability"] <= 1


@pytest.mark.slow
def test_labels_are_written_put_right_and_learnt_from(tmp_path) -> None:
    file, labels = tmp_path / "reports.csv", tmp_path / "labels.csv"
    told = [
        f"R{i},my allotment shed club subscription number {i} was a swindle by the marrow committee" for i in range(6)
    ]
    file.write_text("report_id,narrative\n" + "\n".join(told) + "\n")
    run = CliRunner().invoke(app, ["themes", "score", str(file), "--out", str(labels)])
    assert run.exit_code == 0
    rows = list(csv.DictReader(labels.read_text().splitlines()))
    assert [r["report_id"] for r in rows] == [f"R{i}" for i in range(6)]
    again = CliRunner().invoke(app, ["themes", "score", str(file), "--out", str(labels)])
    assert again.exit_code != 0, "what somebody may have filled in is never written over"
    labels.write_text(
        "report_id,true_theme,narrative\n"
        + "\n".join(f"{t.split(',')[0]},tradesman,{t.split(',')[1]}" for t in told)
        + "\n"
    )
    scored = CliRunner().invoke(app, ["themes", "score", str(file), "--labels", str(labels), "--json"])
    assert {r["theme"] for r in json.loads(scored.stdout)} == {"tradesman"}


@pytest.mark.slow
def test_a_theme_of_the_forces_own_is_learnt_from_a_labels_file_and_told(tmp_path) -> None:
    file, labels = tmp_path / "reports.csv", tmp_path / "labels.csv"
    told = [f"the marrow committee of our allotment club kept subscription number {i}" for i in range(6)]
    labels.write_text(
        "report_id,true_theme,narrative\n"
        + "\n".join(f"R{i},{'allotment clubs' if i else 'windfalls'},{text}" for i, text in enumerate(told))
    )
    file.write_text("report_id,narrative\nA1,the marrow committee of the allotment club kept my subscription\n")
    scored = CliRunner().invoke(app, ["themes", "score", str(file), "--labels", str(labels), "--json"])
    assert scored.exit_code == 0
    assert json.loads(scored.stdout)[0]["theme"] == "allotment clubs"
    assert (
        "themes of the force's own, which are not on the list: allotment clubs (5), windfalls (1, fewer than 3: not learnt)."
        in scored.stderr
    )


@pytest.mark.slow
def test_no_telling_of_what_was_learnt_from_is_in_the_accuracy(tmp_path) -> None:
    file, labels = tmp_path / "reports.csv", tmp_path / "labels.csv"
    head = "report_id,true_theme,narrative,base_id\n"
    told = [f"R{i},tradesman,the marrow committee kept subscription number {i},B{i}" for i in range(6)]
    labels.write_text(head + "\n".join(told))
    asked = [told[0], "S1,tradesman,told in quite other words,B1", "S2,tradesman,a builder took my deposit and left,B9"]
    file.write_text(head + "\n".join(asked))
    scored = CliRunner().invoke(app, ["themes", "score", str(file), "--labels", str(labels)])
    assert scored.exit_code == 0
    assert "2 are texts that it learnt from in some telling, or have no label" in scored.stdout
    assert "of 1 texts" in scored.stdout
    alone = CliRunner().invoke(app, ["themes", "score", str(file)])
    assert "in some telling" not in alone.stdout, "without those labels it learnt from none of them"


def test_a_line_that_is_no_record_is_named_the_rest_is_scored_and_the_exit_code_says_so(tmp_path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text('report_id,narrative,x\nA1,"a secret never closed,y\nA2,A courier collected my cash,y\nA3,short\n')
    for asked in (["--json"], []):
        told = CliRunner().invoke(app, ["themes", "score", str(file), *asked])
        assert told.exit_code == RecordsInvalid.exit_code
        assert [line.split(":")[1] for line in told.stderr.splitlines()] == [" line 2", " line 4"]
        assert "secret" not in told.stderr + told.stdout
    rows = json.loads(CliRunner().invoke(app, ["themes", "score", str(file), "--json"]).stdout)
    assert [r["report_id"] for r in rows] == ["A2"]


def test_a_narrative_of_two_lines_is_scored_as_one(tmp_path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text('report_id,true_theme,narrative,base_id\nA1,,"A detective rang.\nHe said, a courier, comes.",B1\n')
    told = CliRunner().invoke(app, ["themes", "score", str(file), "--json"])
    assert told.exit_code == 0
    assert [r["report_id"] for r in json.loads(told.stdout)] == ["A1"]


def test_a_file_without_texts_is_refused_by_its_column(tmp_path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text("report_id,words\nA1,hello\n")
    found = CliRunner().invoke(app, ["themes", "score", str(file), "--json"])
    assert getattr(found.exception, "column", None) == "narrative"


def check_set() -> tuple[list[str], list[str]]:
    """The check: 152 texts written for this project by its author in other voices, and never learnt from."""
    held = checked_texts()
    return [one.theme for one in held], [one.narrative for one in held]


def test_the_check_set_was_never_learnt_from() -> None:
    assert not {one.narrative for one in labelled_texts()} & set(check_set()[1])


def test_the_check_set_is_scored_as_well_as_the_explanation_says() -> None:
    truth, texts = check_set()
    found = themes.scores(themes.scorer(), texts)
    told = accuracy(truth, found.themes, found.probability)
    assert told.courier_average_precision >= 0.9
    assert told.courier_recall_at_90 >= 0.75
    assert told.macro_f1 >= 0.8


@pytest.mark.slow
def test_another_hands_texts_are_scored_by_what_one_hand_and_the_cues_teach() -> None:
    learnt = themes.scorer(labelled_texts("demo"))
    asked = labelled_texts("development")
    found = themes.scores(learnt, [one.narrative for one in asked])
    told = accuracy([one.theme for one in asked], found.themes, found.probability)
    assert told.courier_average_precision >= 0.9
    assert told.courier_recall_at_90 >= 0.75
    assert told.macro_f1 >= 0.75


@pytest.mark.slow
def test_learning_again_gives_the_same_scorer() -> None:
    one, other = themes.scorer(labelled_texts("development")), themes.scorer(labelled_texts("development"))
    assert themes.as_bytes(one) == themes.as_bytes(other)
