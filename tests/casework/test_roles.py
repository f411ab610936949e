"""Who may do what: every cell of role x action x record class x area x restriction, as a superintendent would read it."""

from __future__ import annotations

import itertools

import pytest

from fourfold.casework import roles
from fourfold.casework.roles import Held
from fourfold.cli.needs import NEEDS

MINE, ELSEWHERE = ("E01000001", "E06000001"), ("E01000002", "E06000002")

# Rows: record class and action. Columns: the roles. "all": every area; "own": only the grant's areas; "+": restricted
# records too; ".": nothing. Written by hand from the roles' work, not from the table that it is checked against.
COLUMNS = ("analyst", "victim_care_officer", "economic_crime_supervisor", "supervisor", "code_auditor", "programme_lead",
           "board_reader", "board_secretary", "information_manager")  # fmt: skip
EXPECTED = """
                            AN    VC   EC   SU   CA   PL   BR   BS   IM
figures read                all   all  all  all  all  all  all  all  all
figures export              all   .    all  all  all  all  .    all  .
small_area_figures read     all   .    .    own  .    own  .    .    .
small_area_figures export   all   .    .    .    .    .    .    .    .
points read                 all   .    .    own  .    .    .    .    .
source_lines read           all   .    all  own  .    .    .    .    all+
source_lines export         all   .    all  own  .    .    .    .    all+
batches read                all   .    all  all  all  .    .    all  all
batches withdraw            .     .    .    .    .    .    .    .    all
uploads read                all   .    all  all  .    .    .    .    all
uploads send                all   .    all  all  .    .    .    .    all
people read                 all   own  all  own  all  .    .    .    .
people write                all   own  .    .    .    .    .    .    .
papers read                 all   all  all  all  all  all  all  all  all
papers export               all   .    all  .    .    .    all  all  .
papers write                all   .    .    .    .    .    .    all  .
methods read                all   all  all  all  all  all  all  all  all
log read                    .     .    .    .    .    .    .    .    all
log export                  .     .    .    .    .    .    .    .    all
log verify                  .     .    .    .    .    .    .    .    all
own_log read                all   all  all  all  all  all  all  all  all
roles read                  all   all  all  all  all  all  all  all  all
officers read               .     .    .    .    .    .    .    .    all
officers export             .     .    .    .    .    .    .    .    all
officers grant              .     .    .    .    .    .    .    .    all
events export               .     .    .    .    .    .    .    .    all
care_figures read           all   all  all  .    .    .    .    .    .
care_figures export         all   all  all  .    .    .    .    .    .
victim_care read            .     all  .    .    .    .    .    .    .
victim_care write           .     all  .    .    .    .    .    .    .
victim_care export          .     all  .    .    .    .    .    .    .
victim_duties read          .     .    own  own  all  .    .    .    .
victim_duties export        .     .    own  own  all  .    .    .    .
victim_duties write         .     .    .    .    all  .    .    .    .
service_recovery read       .     .    own  own  all  .    .    .    .
service_recovery write      .     .    own  own  .    .    .    .    .
service_recovery export     .     .    .    .    all  .    .    .    .
case_audits read            .     .    .    own  all  .    .    .    .
case_audits write           .     .    .    .    all  .    .    .    .
case_audits export          .     .    .    .    all  .    .    .    .
victims_plan read           .     .    .    all  all  all  .    all  .
victims_plan write          .     .    .    .    all  .    .    .    .
victims_plan export         .     .    .    .    all  .    .    all  .
patrols read                all   .    .    own  .    .    .    .    .
patrols write               .     .    .    own  .    .    .    .    .
patrols export              .     .    .    own  .    .    .    .    .
hand_outs read              all   .    .    all  .    all  .    all  all
hand_outs write             .     .    .    all  .    .    .    all  .
hand_outs sign              .     .    .    all  .    .    .    all  .
hand_outs export            .     .    .    all  .    .    .    all  .
assessments read            all   all  all  all  all  all  all  all  all
assessments write           all   .    .    .    .    all  .    .    .
assessments sign            .     .    .    .    .    all  .    .    all
cocoons read                .     .    .    own  .    .    .    .    .
cocoons write               .     .    .    own  .    .    .    .    .
cocoons export              .     .    .    own  .    .    .    .    .
rights read                 .     .    .    .    .    .    .    .    all
rights export               .     .    .    .    .    .    .    .    all
rights write                .     .    .    .    .    .    .    .    all
rights erase                .     .    .    .    .    .    .    .    all
fraud_cases read            .     .    all  .    .    .    .    .    .
fraud_cases write           .     .    all  .    .    .    .    .    .
fraud_cases export          .     .    all  .    .    .    .    .    .
fraud_returns read          .     .    all  .    .    .    .    .    .
fraud_returns write         .     .    all  .    .    .    .    .    .
fraud_returns sign          .     .    all  .    .    .    .    .    .
fraud_returns export        .     .    all  .    .    .    .    .    .
campaigns read              all   all  all  .    .    .    .    .    .
campaigns write             .     all  all  .    .    .    .    .    .
campaigns export            .     all  all  .    .    .    .    .    .
themes read                 all   all  all  .    .    .    .    .    .
themes write                all   .    all  .    .    .    .    .    .
sites read                  all   .    .    all  .    all  .    .    .
sites write                 all   .    .    all  .    .    .    .    .
sites export                all   .    .    all  .    .    .    .    .
intelligence_questions read all   .    .    all  .    all  all  all  .
intelligence_answers read   all   .    .    all  .    .    .    .    .
intelligence_answers write  all   .    .    all  .    .    .    .    .
saved_views write           all   all  all  all  all  all  all  all  all
"""


def expected() -> dict[tuple[str, str, str], str]:
    found = {}
    for line in EXPECTED.strip().splitlines()[1:]:
        record_class, action, *cells = line.split()
        found.update({(role, action, record_class): cell for role, cell in zip(COLUMNS, cells, strict=True)})
    return found


def test_every_cell_of_the_table() -> None:
    said, checked = expected(), 0
    every = itertools.product(roles.TITLES, roles.ACTIONS, roles.record_classes())
    for role, action, record_class in every:
        cell = said.get((role, action, record_class), ".")
        for grant, areas, restriction in itertools.product(
            (Held(role), Held(role, (MINE[1],))), ((), MINE, ELSEWHERE), roles.RESTRICTIONS
        ):
            in_area = cell.startswith("all") or not grant.areas or areas == MINE
            wanted = cell != "." and in_area and (restriction == "none" or cell.endswith("+"))
            got = roles.may([grant], action, record_class, areas, restriction)
            assert got == wanted, (role, action, record_class, grant.areas, areas, restriction)
            checked += 1
    assert checked == len(roles.TITLES) * len(roles.ACTIONS) * len(roles.record_classes()) * 12


def test_the_hand_written_table_names_every_role_and_no_other() -> None:
    assert set(COLUMNS) == set(roles.TITLES)
    assert {c for _, _, c in expected()} <= set(roles.record_classes())


def test_a_restriction_stands_in_the_table_only_where_records_can_be_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    taken_in = {cell.record_class for cell in roles.table() if cell.restriction == "restricted"}
    assert taken_in == set(roles.RESTRICTABLE), "a word of the table that nothing asks for decides nothing"
    said = {"role": "analyst", "action": "read", "record_class": "figures", "area": "all", "restriction": "restricted"}
    monkeypatch.setattr(roles, "_rows", lambda name: [said] if name == "roles.csv" else [])
    with pytest.raises(ValueError, match="unknown words"):
        roles.table.__wrapped__()


def test_an_officer_without_roles_may_nothing() -> None:
    for action, record_class in itertools.product(roles.ACTIONS, roles.record_classes()):
        assert not roles.may([], action, record_class)
        assert not roles.may_somewhere([], action, record_class)


def test_two_roles_allow_what_either_allows() -> None:
    both = [Held("board_reader"), Held("information_manager")]
    assert roles.may(both, "export", "papers")
    assert roles.may(both, "read", "log")


@pytest.mark.parametrize(("action", "record_class"), [("fly", "figures"), ("read", "dragons")])
def test_a_question_of_unknown_words_is_a_fault_and_no_refusal(action: str, record_class: str) -> None:
    with pytest.raises(KeyError):
        roles.may([Held("analyst")], action, record_class)


# What a figure of care is called, and the command that makes it: exact counts of few victims, for those who run the care.
OF_CARE = (
    ("triage", "care referred"),
    ("threshold", "care threshold"),
    ("capacity", "care capacity"),
    ("care waits", "care waits"),
)


OF_REPORTS = ("fraud changes", "fraud other", "fraud overseas", "fraud national", "losses", "quality fraud", "returns rate",
              "returns allocation")  # fmt: skip


@pytest.mark.parametrize("command", OF_REPORTS)
def test_exact_figures_of_reports_of_fraud_are_for_those_who_run_or_plan_care(command: str) -> None:
    assert NEEDS[command] == ("read", "care_figures")


@pytest.mark.parametrize(("kind", "command"), OF_CARE)
def test_figures_of_care_are_for_those_who_run_or_plan_it_by_page_and_by_command(kind: str, command: str) -> None:
    assert roles.class_of_finding(kind) == "care_figures"
    assert NEEDS[command] == ("read", "care_figures")
