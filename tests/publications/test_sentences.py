"""A number is drawn from a Finding, or it is not printed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from fourfold.analysis import trends
from fourfold.analysis.findings import Definition, Finding, Method, Table, finding_from_dict
from fourfold.codes.periods import Window
from fourfold.errors import NumberUnbound
from fourfold.publications.sentences import Named, change_sentence, figure_text, plain_sentence, sentence

LATER = Window(date(2022, 4, 1), date(2022, 6, 30))
EARLIER = Window(date(2021, 4, 1), date(2021, 6, 30))


def counted(n: int, window: Window = LATER, title: str = "Theft from the person") -> Finding:
    return Finding(
        kind="count", title=title, value=n, unit="crimes", n=n, windows=(window,), area="Examplshire",
        definition=Definition(name="theft", version="1", title=title, text="Thefts.", codes=("39",)),
        method=Method(name="count", text="Counted."), as_at=datetime(2022, 11, 1, tzinfo=UTC), batches=("b1",),
        code_version="0",
    )  # fmt: skip


def history(counts: list[int]) -> Finding:
    months = [date(2020 + m // 12, m % 12 + 1, 1) for m in range(len(counts))]
    table = Table(
        columns=("month", "count"), rows=tuple((m.isoformat(), n) for m, n in zip(months, counts, strict=True))
    )
    return replace(counted(sum(counts)), kind="series", value=None, table=table, parameters={"grain": "month"})


def changed(before: int, after: int, counts: list[int] | None = None) -> Finding:
    return trends.change(counted(after), counted(before, EARLIER), history(counts or [300] * 27))


@pytest.mark.parametrize("words", ["rose by 27%", "in 2022", "1,022 thefts", "٣ thefts"])
def test_a_digit_in_the_words_of_a_sentence_is_refused(words: str) -> None:
    with pytest.raises(NumberUnbound):
        sentence(f"Theft {words}.")
    with pytest.raises(NumberUnbound):
        sentence("Theft {words}.", words=words)


@pytest.mark.parametrize(
    ("before", "after", "percent"),
    [(805, 1022, "+27.0%"), (20, 25, "+25%"), (1000, 990, "−1.0%"), (300, 299, "−0%"), (400, 400, "+0%")],
)
def test_percentages_have_a_decimal_place_only_on_a_thousand_records(before: int, after: int, percent: str) -> None:
    if percent == "−0%":
        percent = "+0%"  # nothing is less than nothing
    assert figure_text(changed(before, after), "percent") == percent


def test_a_change_is_said_with_both_counts_and_both_windows() -> None:
    said = change_sentence(changed(805, 1022)).text
    for part in ("rose 27.0%", "805", "1,022", "April to June 2021", "April to June 2022"):
        assert part in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (changed(805, 1022), "more than the series' own variation"),
        (changed(805, 815), "no clear change"),
        (changed(805, 1022, [300] * 9), "cannot be judged"),
        (changed(805, 805), "as in April to June 2021"),
        (changed(0, 12), "12 in April to June 2022 and 0 in"),
    ],
)
def test_what_is_said_follows_the_judgement(change: Finding, words: str) -> None:
    assert words in change_sentence(change).text


def test_a_window_that_is_not_held_is_said_and_not_counted() -> None:
    missing = replace(counted(3), value=None, verdict="Not available: no records are held for May 2022.")
    change = trends.change(missing, counted(9, EARLIER), history([300] * 27))
    assert change.value is None
    assert "no records are held for May 2022" in change_sentence(change).text
    assert "not available" in plain_sentence(change)
    missing_before = replace(
        counted(3, EARLIER), value=None, verdict="Not available: no records are held for May 2021."
    )
    change = trends.change(counted(9), missing_before, history([300] * 27))
    said = change_sentence(change).text
    assert "stood at 9 in April to June 2022" in said
    assert "cannot be set against April to June 2021: no records are held for May 2021" in said


class Unbound(HTMLParser):
    """Digits outside figures, moments and names."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = 0
        self.unbound = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside += 1

    def handle_endtag(self, tag: str) -> None:
        self.inside -= 1

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.unbound += "".join(c for c in data if c.isdigit())


def test_every_digit_of_a_sentence_stands_in_what_it_was_drawn_from() -> None:
    change = changed(805, 1022)
    said = change_sentence(change)
    parser = Unbound()
    parser.feed(said.html)
    assert parser.unbound == ""
    assert {f.id for f in said.findings} <= {f.id for f in change.walk()}


def test_names_are_escaped() -> None:
    said = sentence("{name} rose.", name=Named('<script>alert("1")</script>'))
    assert "<script>" not in said.html
    assert "&lt;script&gt;" in said.html


def test_a_finding_comes_back_from_json_with_the_same_identity() -> None:
    change = changed(805, 1022)
    again = finding_from_dict(change.as_dict())
    assert again == change
    assert again.id == change.id
    assert changed(805, 1023).id != change.id
