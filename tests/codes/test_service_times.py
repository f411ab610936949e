"""Service times: assumptions that say so, dated, that a manager may vary and nobody may make impossible."""

from __future__ import annotations

from datetime import date

import pytest

from fourfold.codes import service_times
from fourfold.codes.care import words
from fourfold.errors import CodeUnknown, FourfoldError, RequestInvalid


def test_every_level_of_care_has_its_time_and_the_whole_is_for_the_force_to_supply() -> None:
    for one in service_times.versions():
        assert set(one.minutes) == set(one.mix) == set(words("levels"))
        assert one.status == "force to supply"
        assert "No source" in one.source
    assert service_times.service_times(date(2022, 10, 3)) in service_times.versions()


def test_a_team_and_a_mix_in_words() -> None:
    one = service_times.service_times().but(officers=1, mix=service_times.mix_of("visit=30, call=70"))
    assert one.in_words.startswith(
        "1 officer with 5 hours a working day each for cases; 0% protect advice (30 minutes), 70% a call"
    )
    assert one.mean_minutes == 0.3 * 240 + 0.7 * 60
    assert one.minutes_a_day == 300


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("visit", RequestInvalid),
        ("visit=most", RequestInvalid),
        ("", RequestInvalid),
        ("visit=30", RequestInvalid),
        ("party=100", CodeUnknown),
    ],
)
def test_a_mix_that_is_none_is_refused(text: str, fault: type[FourfoldError]) -> None:
    with pytest.raises(fault):
        service_times.service_times().but(mix=service_times.mix_of(text))
