"""The victims' survey by text message: who was asked, and what they answered.

Who was asked matters as much as who answered: without it there is no response rate, and a satisfied few look like all.
The survey's questions changed once; both layouts fill one table, and a question that a layout does not ask is null.
"""

from __future__ import annotations

from dataclasses import replace

from fourfold.records.suppliers.contracts import Contract, Field, Order

SYSTEM = "victims' survey"

_FORCE = Field(
    name="force", kind="text", needed=True, rule="The force that asked: its name, or its identity in our list."
)
_ASKED = Field(
    name="survey_ref", kind="reference", needed=True, rule="The reference of the asking, one a message sent."
)


def _answer(name: str, asks: str) -> Field:
    return Field(
        name=name, kind="score", least=1, most=10, rule=f"From 1 to 10: {asks}. Empty where it was not answered."
    )


SURVEY_ASKED = Contract(
    name="survey_asked",
    system=SYSTEM,
    title="Victims who were asked",
    table="survey_asked",
    key=("survey_ref",),
    dated_by="asked_at",
    standing="force to supply",
    fields=(
        _FORCE,
        _ASKED,
        Field(name="crime_ref", kind="reference", refers_to="crimes.crime_ref", rule="The crime asked about.",
              unknown_without="answers cannot be told by offence or area"),
        Field(name="person_ref", kind="reference", refers_to="people.person_ref", rule="Who was asked."),
        Field(name="asked_at", kind="instant", needed=True, rule="When the message was sent."),
        Field(name="is_delivered", kind="yes_no", rule="Whether it arrived.",
              unknown_without="those who never got the message count as not answering"),
        Field(name="left_out_reason", kind="code",
              codes=("domestic_abuse", "sexual_offence", "under_18", "opted_out", "no_number", "other"),
              rule="Why a victim was not sent the message, where the list holds those left out too."),
    ),
    faults=("Lists of those asked often leave out victims without a mobile number: they are not a sample of all victims.",),
)  # fmt: skip

SURVEY_ANSWERS = Contract(
    name="survey_answers",
    system=SYSTEM,
    title="Answers, in the first layout: seven questions from 1 to 10",
    table="survey_answers",
    key=("survey_ref",),
    dated_by="answered_at",
    standing="force to supply",
    era="first layout",
    fields=(
        _FORCE,
        replace(_ASKED, refers_to="survey_asked.survey_ref"),
        Field(name="answered_at", kind="instant", needed=True, rule="When the answer came."),
        _answer("overall", "satisfied with the service overall"),
        _answer("polite", "staff were polite"),
        _answer("understanding", "staff were understanding and knowledgeable"),
        _answer("listened", "staff listened"),
        _answer("helped", "staff helped with what mattered"),
        _answer("kept_informed", "kept informed"),
        _answer("would_report_again", "would report again"),
        Field(name="comment", kind="text", personal=True, rule="What the victim wrote."),
    ),
    faults=(
        "“Satisfied” (8 to 10) and “happy with the service overall” are two questions: they are never put together.",
        "Each question has its own number of answers; a rate without it says little.",
    ),
    orders=(
        Order(earlier="survey_asked.asked_at", later="answered_at", rule="An answer came before the question was sent."),
    ),
)  # fmt: skip


def _in_the_later_words(one: Field) -> Field:
    """A field under the name of the later layout; the table's columns stay what they are."""
    if one.name == "survey_ref":
        return replace(one, name="response_ref", column=one.name)
    return replace(one, name=f"q_{one.name}", column=one.name) if one.kind == "score" else one


SURVEY_ANSWERS_LATER = replace(
    SURVEY_ANSWERS,
    name="survey_answers_later",
    title="Answers, in the later layout: questions renamed, and a yes or no for being happy with the service",
    era="later layout",
    fields=(
        *(_in_the_later_words(f) for f in SURVEY_ANSWERS.fields if f.name not in ("would_report_again", "comment")),
        Field(name="is_happy_overall", kind="yes_no", rule="Whether the victim was happy with the service overall."),
        Field(name="free_text", kind="text", personal=True, column="comment", rule="What the victim wrote."),
    ),
)

CONTRACTS = (SURVEY_ASKED, SURVEY_ANSWERS, SURVEY_ANSWERS_LATER)
