"""The demo force's free text: like the record it belongs to, unlike its neighbours, and nobody's in truth."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.demo.narratives import (
    DETAILS,
    FRAUD_THEMES,
    METHOD_KINDS,
    Narratives,
    fraud_narratives,
    fraud_text,
    is_vulnerable_base,
    method_narratives,
    method_text,
)
from fourfold.demo.wording import WORKED_OUT, Pick, book, parsed
from fourfold.demo.writers import BUILT_IN
from fourfold.errors import RequestInvalid
from tests.conftest import ROOT

MANY = 5_000
DATA = ROOT / "src" / "fourfold" / "demo" / "data"
FILES = ("fraud_narratives", "crime_methods")


@cache
def many(what: str) -> Narratives:
    """5,000 texts with nothing given, every theme or kind as often."""
    tell, kinds = (fraud_narratives, FRAUD_THEMES) if what == "fraud" else (method_narratives, METHOD_KINDS)
    return tell([kinds[i % len(kinds)] for i in range(MANY)], {}, seed=11)


def told(kind: str, n: int = 60, seed: int = 3, **details: object) -> Narratives:
    """`n` texts of one theme or kind, all with the same details."""
    tell = fraud_narratives if kind in FRAUD_THEMES else method_narratives
    return tell([kind] * n, {key: [value] * n for key, value in details.items()}, seed)


# --- how much there is --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "kinds", "at_least", "each_at_least"),
    [("fraud_narratives", FRAUD_THEMES, 260, 6), ("crime_methods", METHOD_KINDS, 200, 4)],
)
def test_each_file_holds_so_many_situations(file: str, kinds: Sequence[str], at_least: int, each_at_least: int) -> None:
    assert tuple(book(file).bases) == kinds
    assert len(book(file).by_id) >= at_least
    assert min(len(bases) for bases in book(file).bases.values()) >= each_at_least


@pytest.mark.parametrize("what", ["fraud", "methods"])
def test_every_situation_is_told(what: str) -> None:
    file = "fraud_narratives" if what == "fraud" else "crime_methods"
    assert set(many(what).base_ids) == set(book(file).by_id)


@pytest.mark.parametrize("theme", [t for t in FRAUD_THEMES if t != "unclear_or_other"])
def test_each_theme_of_fraud_has_attempts_and_losses_by_the_public_and_by_call_handlers(theme: str) -> None:
    bases = book("fraud_narratives").bases[theme]
    assert any(b.attempt for b in bases)
    assert any(b.loss for b in bases)
    assert {"public", "handler"} <= {b.voice for b in bases}


@pytest.mark.parametrize("file", FILES)
def test_a_data_file_says_that_it_is_fictitious_and_whose_it_is(file: str) -> None:
    head = (DATA / f"{file}.toml").read_text(encoding="utf-8")[:600]
    assert head.startswith("# FICTITIOUS")
    assert "MIT licence" in head


# --- a reader cannot tell the templates ---------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["fraud", "methods"])
def test_no_two_of_five_thousand_texts_are_equal(what: str) -> None:
    assert len(set(many(what).texts)) == MANY


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def overlaps(what: str, length: int) -> dict[str, list[float]]:
    """For each base, of pairs of its texts the share of runs of `length` words that both hold (Jaccard)."""
    texts = defaultdict(list)
    for text, base in zip(many(what).texts, many(what).base_ids, strict=True):
        texts[base].append(runs(text, length))
    return {
        base: [len(a & b) / max(1, len(a | b)) for a, b in combinations(group[:12], 2)]
        for base, group in texts.items()
        if len(group) > 2
    }


#                  words in a run, mean of all pairs, mean of the worst base
OVERLAP_AT_MOST = [
    ("fraud", 1, 0.33, 0.60),
    ("fraud", 3, 0.15, 0.45),
    ("methods", 1, 0.25, 0.50),
    ("methods", 3, 0.09, 0.35),
]  # fmt: skip


@pytest.mark.parametrize(("what", "length", "mean", "worst"), OVERLAP_AT_MOST)
def test_two_texts_of_one_situation_differ_much(what: str, length: int, mean: float, worst: float) -> None:
    of_base = overlaps(what, length)
    assert np.mean([o for pairs in of_base.values() for o in pairs]) < mean
    assert max(np.mean(pairs) for pairs in of_base.values()) < worst


@pytest.mark.parametrize(("what", "share"), [("fraud", 0.60), ("methods", 0.80)])
def test_most_texts_open_as_no_other_does(what: str, share: float) -> None:
    openings = {" ".join(text.lower().split()[:5]) for text in many(what).texts}
    assert len(openings) / MANY > share


#                           of texts, at least .. at most
REGISTER = [
    ("fraud",   "all in capitals",         lambda t: t.isupper(),                      0.01, 0.06),
    ("fraud",   "no capital at all",       lambda t: t.islower(),                      0.05, 0.25),
    ("fraud",   "a line break",            lambda t: "\n" in t,                        0.02, 0.12),
    ("fraud",   "a double quote",          lambda t: '"' in t,                         0.05, 0.40),
    ("fraud",   "letters not of ASCII",    lambda t: not t.replace("£", "").isascii(), 0.02, 0.2),
    ("fraud",   "ten words or fewer",      lambda t: len(t.split()) <= 10,             0.02, 0.15),
    ("fraud",   "eighty words or more",    lambda t: len(t.split()) >= 80,             0.01, 0.10),
    ("methods", "all in capitals",         lambda t: t.isupper(),                      0.04, 0.15),
    ("methods", "IP for the injured",      lambda t: re.search(r"\bIP\b", t),          0.2,  0.6),
    ("methods", "another word for IP",     lambda t: re.search(r"\b(Agg|Vic|Victim|Compl|AP)\b", t), 0.1, 0.5),
    ("methods", "the O/D/T/P of habit",    lambda t: re.match(r"o/?d/?t/?p|otdp", t, re.IGNORECASE), 0.05, 0.3),
    ("methods", "with written w/",         lambda t: "w/" in t.lower(),                0.05, 0.5),
    ("methods", "a line break",            lambda t: "\n" in t,                        0.01, 0.10),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "mark", "has", "least", "most"), REGISTER, ids=lambda v: v if isinstance(v, str) else ""
)
def test_the_register_is_mixed(what: str, mark: str, has: Any, least: float, most: float) -> None:
    share = sum(bool(has(text)) for text in many(what).texts) / MANY
    assert least <= share <= most, mark


def test_an_officer_keeps_mostly_to_one_word() -> None:
    texts = method_text(["robbery_person"] * 2000, {"officer": [n % 10 for n in range(2000)]}, seed=1)
    kept = said = 0
    for officer in range(10):
        words = re.findall(r"\b(ip|agg|vic|victim|compl|ap)\b", " ".join(texts[officer::10]).lower())
        kept += max(words.count(w) for w in set(words))
        said += len(words)
    assert kept > 0.7 * said


# --- the text fits its record -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "detail", "value", "share"),
    [
        ("courier_fraud", "place", "Tidewick", 0.10),
        ("courier_fraud", "age", 83, 0.20),
        ("courier_fraud", "loss_pounds", 4321, 0.50),
        ("theft_person", "item", "a silver whistle", 0.10),
        ("theft_of_vehicle", "vehicle", "lilac milk float", 0.50),
        ("burglary_residential", "entry", "pantry hatch", 0.40),
        ("burglary_shed", "tool", "a boat hook", 0.05),
        ("robbery_person", "weapon", "a boat hook", 0.20),
        ("assault_other", "injury", "a sore thumb", 0.40),
        ("shoplifting", "shop_name", "Limpet Larder", 0.05),
        ("burglary_residential", "minute", 2 * 60 + 7, 0.20),
    ],
)
def test_a_detail_of_the_record_is_told_as_it_is(kind: str, detail: str, value: object, share: float) -> None:
    forms = {"4321": r"4,?321", "127": r"02[:.]?07"}.get(str(value), re.escape(str(value)))
    texts = told(kind, 200, **{detail: value}).texts
    assert sum(bool(re.search(forms, text, re.IGNORECASE)) for text in texts) / 200 > share


def test_the_sum_told_is_the_sum_lost() -> None:
    """Wherever a base tells the sum, or its two parts, they are the record's."""
    texts = told("whatsapp_family_impersonation", 300, loss_pounds=2470, place="Tidewick").texts
    for text in texts:
        sums = [int(s.replace(",", "")) for s in re.findall(r"(?:£|gbp )(\d[\d,]*)(?!\d)", text.lower())]
        parts = [s for s in sums if s >= 100 and s != 2470 and s % 50]
        assert all(2470 - p in sums or p % 10 == 0 for p in parts), text
    assert sum("2,470" in t or "2470" in t for t in texts) > 100


@pytest.mark.parametrize("theme", [t for t in FRAUD_THEMES if t != "unclear_or_other"])
def test_where_nothing_was_lost_an_attempt_is_told(theme: str) -> None:
    bases = book("fraud_narratives").by_id
    assert not any(bases[b].loss for b in told(theme, loss_pounds=0).base_ids)
    assert not any(bases[b].attempt for b in told(theme, loss_pounds=900).base_ids)


@pytest.mark.parametrize(("theme", "is_so"), [("romance", True), ("romance", False), ("courier_fraud", True)])
def test_vulnerability_is_in_the_words_when_the_record_says_so(theme: str, is_so: bool) -> None:
    assert {is_vulnerable_base(b) for b in told(theme, vulnerable=is_so).base_ids} == {is_so}


@pytest.mark.parametrize("theme", ["mandate_invoice", "online_shopping", "energy_or_cost_of_living"])
def test_an_organisation_writes_as_one(theme: str) -> None:
    bases = book("fraud_narratives").by_id
    assert {bases[b].victim for b in told(theme, victim="organisation").base_ids} == {"organisation"}
    assert {bases[b].victim for b in told(theme, victim="person").base_ids} == {"person"}


@pytest.mark.parametrize(
    ("on", "covid"), [("2019-06-01", False), (date(2020, 4, 2), True), ("2021-01-15", True), ("2022-11-01", False)]
)
def test_nobody_speaks_of_the_pandemic_before_it_or_long_after(on: object, covid: bool) -> None:
    texts = [t for theme in FRAUD_THEMES for t in told(theme, 30, date=on).texts]
    dated = [b for b in book("fraud_narratives").by_id.values() if b.since and b.until]
    used = {i for theme in FRAUD_THEMES for i in told(theme, 30, date=on).base_ids}
    assert bool(used & {b.id for b in dated}) == covid
    assert len(texts) == 30 * len(FRAUD_THEMES)


PLACES = [
    # kind,            detail,     value,              never said there
    ("assault_other",   "location", "hospital",         r"pub\b|school|bus\b|takeaway"),
    ("assault_other",   "location", "pub",              r"ward\b|pupil|bus driver|towpath"),
    ("public_order",    "location", "public_transport", r"bandstand|reception|neighbour"),
    ("domestic",        "offence",  "damage",           r"bruis|lip|throat|screaming"),
    ("domestic",        "offence",  "harassment",       r"black eye|struck|set light"),
    ("hate",            "offence",  "damage",           r"shouted|bruis"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "detail", "value", "never"), PLACES)
def test_what_is_told_could_be_done_there_and_is_that_offence(kind: str, detail: str, value: str, never: str) -> None:
    bases = book("crime_methods").by_id
    asked = told(kind, 200, **{detail: value})
    free = {b.id for b in bases.values() if not (b.at if detail == "location" else b.offence)}
    texts = [t for t, base in zip(asked.texts, asked.base_ids, strict=True) if base not in free]
    assert len(texts) > 50
    assert not [t for t in texts if re.search(never, t, re.IGNORECASE)]


@pytest.mark.parametrize("field", ["at", "offence"])
def test_places_and_offences_are_those_of_the_demo(field: str) -> None:
    habits = tomllib.loads((DATA / "habits.toml").read_text(encoding="utf-8"))
    known = {place for h in habits.values() for place in h["places"]} if field == "at" else set(habits)
    named = {word for b in book("crime_methods").by_id.values() for word in getattr(b, field)}
    assert len(known & named) > 0.6 * len(known)
    assert not (named - known) - {"prison"}, "never asked for"


@pytest.mark.parametrize(("shop", "never"), [("pharmacy", "leather jacket"), ("clothes shop", "bottles of vodka")])
def test_a_shop_loses_what_it_sells(shop: str, never: str) -> None:
    assert not any(never in text for text in told("shoplifting", 300, shop=shop).texts)


@pytest.mark.parametrize(
    ("sex", "words", "others"), [("F", "she|her|herself", "he|him|himself"), ("M", "he|him|himself", "she|her|herself")]
)
def test_the_victims_sex_is_kept(sex: str, words: str, others: str) -> None:
    asked = told("energy_or_cost_of_living", 300, sex=sex, vulnerable=True, age=85, date="2022-09-09")
    texts = [t for t, base in zip(asked.texts, asked.base_ids, strict=True) if base.endswith("/elderly_gov")]
    assert len(texts) > 20
    assert sum(bool(re.search(rf"\b({words})\b", t, re.IGNORECASE)) for t in texts) > 0.9 * len(texts)
    assert not [t for t in texts if re.search(rf"\b({others})\b", t, re.IGNORECASE)]


# --- nobody is meant ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["fraud", "methods"])
@pytest.mark.parametrize(
    ("forbidden", "pattern"),
    [
        ("a telephone number outside the range kept for drama", r"\b0(?!7700 900)\d{3,4} ?\d{3} ?\d{3,4}\b"),
        ("a vehicle's plate", r"\b[A-Z]{2}\d{2} ?[A-Z]{3}\b"),
        ("a postcode", r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"),
        ("a site that could be anybody's", r"\b[\w-]+\.(?:com|co\.uk|org|net|uk)\b"),
        ("a house number and street", r"\b\d+ [A-Z][a-z]+ (?:Road|Street|Lane|Avenue|Close|Drive)\b"),
        ("a slot left open", r"[{}\[\]|]"),
    ],
)
def test_no_text_points_to_anybody(what: str, forbidden: str, pattern: str) -> None:
    assert not [t for t in many(what).texts if re.search(pattern, t)], forbidden


COMPANIES = set("""
    amazon asda asos barclays deliveroo deloitte dhl discord dpd ebay etsy evri facebook gumtree google halifax hermes
    hsbc insta instagram lidl lloyds microsoft monzo morrisons nationwide natwest netflix paypal revolut santander
    snapchat spotify starling telegram tesco ticketmaster tiktok tinder uber vinted vodafone waitrose yodel
""".split())  # fmt: skip  # noqa: SIM905


@pytest.mark.parametrize("file", FILES)
def test_no_company_is_named(file: str) -> None:
    """WhatsApp is the one exception: the theme is called by it."""
    said = set(re.findall(r"[a-z]+", (DATA / f"{file}.toml").read_text(encoding="utf-8").lower()))
    assert not said & (
        set(COMPANIES) - {"royal", "mail", "sky", "union", "western", "virgin", "boots", "zoom", "apple"}
    )


def test_only_the_places_given_are_named() -> None:
    invented = book("crime_methods").lists["place"].plain
    assert invented is not None
    texts = " ".join(told("robbery_person", 300, place="Tidewick").texts)
    assert "Tidewick" in texts
    assert not [place for place in invented if place in texts]


# --- made again ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_same_arguments_give_the_same_texts_in_another_process() -> None:
    call = (
        "from fourfold.demo.narratives import *; import hashlib;"
        "t = fraud_text(FRAUD_THEMES * 9, {}, 5) + method_text(METHOD_KINDS * 9, {'age': [30] * 288}, 5);"
        "print(hashlib.sha256('\\0'.join(t).encode()).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", call],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": hashseed, "PYTHONPATH": str(ROOT / "src")},
        ).stdout
        for hashseed in ("1", "2")
    }
    assert len(said) == 1


def test_another_seed_gives_other_texts() -> None:
    one, other = (fraud_text(["romance"] * 50, {}, seed) for seed in (1, 2))
    assert not set(one) & set(other)


def test_nothing_asked_gives_nothing() -> None:
    assert fraud_text([], {}, 1) == method_text([], {"place": []}, 1) == []


@pytest.mark.parametrize(
    ("themes", "details", "column"),
    [
        (["courier"], {}, None),
        (["courier_fraud"], {"town": ["Tidewick"]}, "town"),
        (["courier_fraud"], {"place": ["Tidewick", "Tidewick"]}, "place"),
    ],
)
def test_a_wrong_request_is_refused_with_a_remedy(
    themes: list[str], details: Mapping[str, Sequence[object]], column: str | None
) -> None:
    with pytest.raises(RequestInvalid) as refused:
        fraud_text(themes, details, 1)
    assert refused.value.column == column
    assert refused.value.remedy


@pytest.mark.slow
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {"kind": st.sampled_from(METHOD_KINDS)},
            optional={
                "age": st.one_of(st.none(), st.integers(0, 105)),
                "loss_pounds": st.one_of(st.none(), st.just(float("nan")), st.floats(0, 1e6)),
                "minute": st.one_of(st.none(), st.integers(0, 1439)),
                "date": st.one_of(st.none(), st.dates(date(2019, 4, 1), date(2022, 11, 30))),
                "sex": st.sampled_from([None, "F", "M", ""]),
                "officer": st.one_of(st.none(), st.text(max_size=4)),
            },
        ),
        max_size=12,
    )
)
def test_whatever_is_lacking_a_text_is_told(rows: list[dict[str, Any]]) -> None:
    keys = [k for k in DETAILS if any(k in row for row in rows)]
    texts = method_text([r["kind"] for r in rows], {k: [r.get(k) for r in rows] for k in keys}, seed=2)
    assert len(texts) == len(rows)
    assert all(text.strip() for text in texts)


# --- the notation -------------------------------------------------------------------------------------------------


def expansions(words: Sequence[Any]) -> list[str]:
    """Slow and obvious: everything that a piece without slots can say."""
    said = [""]
    for part in words:
        ways = [part] if isinstance(part, str) else [w for option in part.options for w in expansions(option)]
        said = [before + way for before in said for way in ways]
    return said


@pytest.mark.parametrize(
    ("notation", "says"),
    [
        ("plain", ["plain"]),
        ("[a|b] c", ["a c", "b c"]),
        ("[a|] c", ["a c", " c"]),
        ("[a|b [c|d]]", ["a", "b c", "b d"]),
        (r"\[a\|b\]", ["[a|b]"]),
    ],
)
def test_the_notation_says_what_it_says(notation: str, says: list[str]) -> None:
    assert sorted(expansions(parsed(notation))) == sorted(says)


@pytest.mark.parametrize("wrong", ["[a|b", "a]", "[a|[b]", "a|b"])
def test_a_bracket_left_open_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="bracket"):
        parsed(wrong)


@pytest.mark.parametrize("file", FILES)
def test_pieces_told_out_in_full_are_the_pieces_written(file: str) -> None:
    """The fast path (options as one column of words) against the slow one, for every list of both files."""
    checked = 0
    for pick in book(file).lists.values():
        if pick.plain is not None:
            assert sorted(pick.plain) == sorted(expansions((Pick(pick.options, None),)))
            checked += 1
    assert checked > 10


def test_every_worked_out_slot_has_its_working() -> None:
    assert set(BUILT_IN) == WORKED_OUT


@pytest.mark.parametrize("file", FILES)
def test_every_closing_list_and_habit_is_of_use(file: str) -> None:
    text = (DATA / f"{file}.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    unused = [name for name in raw["lists"] if len(re.findall(rf"\{{(?:a:)?{name}\d?\}}", text)) == 0]
    assert not unused, "lists that no text uses"
    closings = {c for v in raw["voices"].values() for c in (v["close"] + " " + v.get("close_attempt", "")).split()}
    closings |= {c for t in raw["themes"].values() for c in t.get("close", "").split()}
    assert set(raw["closings"]) <= closings


# --- the house ----------------------------------------------------------------------------------------------------


def test_no_module_outside_the_demo_knows_these_words() -> None:
    for module in (ROOT / "src" / "fourfold").rglob("*.py"):
        if "demo" not in module.parts:
            assert not re.search(r"demo\W+(import )?(narratives|wording|writers)", module.read_text()), module
