"""Audit schemes: the two of the papers and the initial response are three, and a file that is none is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from fourfold.codes.audit_schemes import ANSWERS, audit_scheme, shipped_schemes
from fourfold.errors import CodeUnknown, RecordsInvalid

SCHEMES = [
    # scheme, about how many records, how many groups, how many questions
    ("quarterly_survey", 250, 5, 5),
    ("dip_sample", 50, 5, 12),
    ("initial_response", 50, 4, 5),
]


@pytest.mark.parametrize(("name", "size", "groups", "questions"), SCHEMES)
def test_each_scheme_draws_and_asks_what_its_paper_says(name: str, size: int, groups: int, questions: int) -> None:
    scheme = audit_scheme(name)
    assert (scheme.size, len(scheme.groups), len(scheme.questions)) == (size, groups, questions)
    assert scheme.status in ("unconfirmed", "force to supply")
    assert "Strategic Policing and Crime Board" in scheme.source


def test_the_groups_and_the_questions_of_the_papers() -> None:
    survey, dip = (audit_scheme(name) for name in ("quarterly_survey", "dip_sample"))
    assert {g.title for g in survey.groups} == {
        "Domestic violence", "Hate crime", "Burglary and robbery", "Violence with injury", "Other",
    }  # fmt: skip
    assert [g.id for g in dip.groups][:4] == ["robbery", "burglary_dwelling", "vehicle_crime", "theft_shops_and_stalls"]
    assert survey.question("statement_offered").obligations == ("statement_offered",)
    assert dip.question("right_1").obligations == (), "no rule says when a victim has understood"
    assert "told_of_arrest" in dip.question("right_6").obligations
    assert ANSWERS == ("yes", "no", "not recorded", "not applicable")
    with pytest.raises(CodeUnknown, match="no such question"):
        survey.question("right_6")
    with pytest.raises(CodeUnknown, match="no audit scheme"):
        audit_scheme("monthly")
    assert set(shipped_schemes()) == {name for name, *_ in SCHEMES}


OWN = """
[stalls]
version = "1"
title = "Stalls"
size = 20
status = "force to supply"
source = "The force"
[[stalls.groups]]
id = "stalls"
title = "Stalls"
measures = ["shoplifting"]
[[stalls.questions]]
id = "told"
title = "Was the victim told?"
short = "Told"
obligations = ["acknowledgement"]
"""
FAULTS = [
    # what is put in place of what, and what is said of it
    ('version = "1"', "", "lacks what every scheme says"),
    ('measures = ["shoplifting"]', 'measures = ["weather"]', "names what is not on the lists"),
    ('measures = ["shoplifting"]', 'flag = "is_tall"', "another flag"),
    ('measures = ["shoplifting"]', "", "a group that is none"),
    ('measures = ["shoplifting"]', 'measures = ["shoplifting"]\nrest = true', "a group that is none"),
    ('obligations = ["acknowledgement"]', 'obligations = ["tea"]', "no rule pack has"),
    ("size = 20", "size = 0", "no number of records"),
    ("size = 20", 'size = "many"', "no number of records"),
    ('"force to supply"', '"certain"', "no standing"),
    ('id = "told"', 'id = "Told!"', "small letters"),
    ("[stalls]", "[", "cannot be read"),
    (OWN, "", "cannot be read"),
]


def test_a_force_may_write_its_own(tmp_path: Path) -> None:
    path = tmp_path / "stalls.toml"
    path.write_text(OWN, encoding="utf-8")
    scheme = audit_scheme(str(path))
    assert (scheme.id, scheme.size, scheme.groups[0].codes) == ("stalls", 20, ("46",))


@pytest.mark.parametrize(("was", "becomes", "said"), FAULTS)
def test_a_file_that_is_no_scheme_is_refused(tmp_path: Path, was: str, becomes: str, said: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace(was, becomes), encoding="utf-8")
    with pytest.raises(RecordsInvalid, match=said) as refused:
        audit_scheme(str(path))
    assert refused.value.file == str(path)
    with pytest.raises(RecordsInvalid):
        audit_scheme(str(tmp_path / "none.toml"))
