"""A theme is the same theme by the reports that it shares with what was found before, and says nothing by its identity."""

from __future__ import annotations

from datetime import date

import pytest

from fourfold.analysis.theme_reports import Emerging, ThemeReports, identified, merged, theme_reports_from
from fourfold.analysis.theme_trends import Month

# found before; found now (the identity that the analysis gave it, its reports)             the identity that each has
MATCHED = [
    ("nothing was found before",
     {}, [("2022-08-okonjo", "abc")], ["2022-08-001"]),
    ("more of its month has come, and another word is most its own",
     {"2022-08-001": "abc"}, [("2022-08-rebate", "abcdefg")], ["2022-08-001"]),
    ("half of what it was is enough",
     {"2022-08-001": "abcd"}, [("2022-08-x", "cdefgh")], ["2022-08-001"]),
    ("less than half is another theme",
     {"2022-08-001": "abcde"}, [("2022-08-x", "efghi")], ["2022-08-002"]),
    ("the one that shares most is it; the other is new",
     {"2022-08-001": "abcdef"}, [("2022-08-x", "ab"), ("2022-08-y", "cdefg")], ["2022-08-002", "2022-08-001"]),
    ("two of one first word are two themes",
     {}, [("2022-08-sons", "abc"), ("2022-08-sons", "def")], ["2022-08-001", "2022-08-002"]),
    ("a serial is never given again",
     {"2022-08-002": "abc"}, [("2022-08-x", "def"), ("2022-08-y", "ghi")], ["2022-08-003", "2022-08-004"]),
]  # fmt: skip


def emerging(identity: str, keys: str) -> Emerging:
    return Emerging(
        identity=identity, name="a, b", words=("a", "b"), phrases=(), first_month="2022-08", chance=0.1, expected=1.0,
        by_month={"2022-08": len(keys)}, keys=tuple(keys), scores_given=0, vulnerable=0, ages_given=0, median_age=None,
        losses_given=0, loss_pence=0, places={},
    )  # fmt: skip


@pytest.mark.parametrize(("why", "before", "now", "expected"), MATCHED, ids=[row[0] for row in MATCHED])
def test_a_theme_is_known_again_by_its_reports(
    why: str, before: dict[str, str], now: list[tuple[str, str]], expected: list[str]
) -> None:
    found = ThemeReports((), (), tuple(emerging(*one) for one in now), "scorer", 0)
    held = {identity: tuple(keys) for identity, keys in before.items()}
    assert [one.identity for one in identified(found, held).emerging] == expected, why


def test_what_was_merged_counts_where_it_was_merged_into() -> None:
    month = Month(date(2022, 8, 1), 10, {"2022-08-001": 2, "courier_fraud": 3}, 5)
    read = ThemeReports((month,), (), (), "scorer", 0, {"k": "2022-08-001", "l": "pet_scam"}, ("courier_fraud",))
    told = merged(read, {"2022-08-001": "courier_fraud"})
    assert dict(told.months[0].scored) == {"courier_fraud": 5}
    assert dict(told.theme_of) == {"k": "courier_fraud", "l": "pet_scam"}
    assert merged(read, {}) == read
    assert theme_reports_from(read.as_dict()) == read
