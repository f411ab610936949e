"""Forms: what a page's form says, read strictly, and what is answered where it cannot be done.

Form(request.POST)      its texts, answers, whole numbers and days
fault_words, status_of  a fault in words, and the status that a page then has
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import QueryDict

from fourfold.errors import Conflict, FourfoldError, RequestInvalid


@dataclass(frozen=True)
class Form:
    """What a form says. Raises RequestInvalid where a day or a number is none."""

    given: QueryDict

    def text(self, name: str) -> str:
        """What is written in a field."""
        return str(self.given.get(name, "")).strip()

    def yes(self, name: str) -> bool:
        """The answer to a question of yes or no."""
        if self.text(name) not in ("yes", "no"):
            raise RequestInvalid("A question is not answered.", remedy="Choose yes or no: not answered is neither.")
        return self.text(name) == "yes"

    def whole(self, name: str) -> int:
        """A whole number."""
        text = self.text(name)
        if not text.isdecimal() or len(text) > 6:
            raise RequestInvalid("A number is missing, or is none.", remedy="Enter a whole number.")
        return int(text)

    def day(self, name: str) -> date:
        """A day in its three fields. What is none is a fault of that `column`, so that the page says it at the fields."""
        try:
            return date(*(int(self.text(f"{name}-{part}")) for part in ("year", "month", "day")))
        except ValueError:
            raise RequestInvalid(
                "That is not a day.", remedy="Enter a real date, such as 29 11 2022.", column=name
            ) from None


class FaultWords(str):
    """What is wrong, in words; `at` is the name of the fields at which it stands, where it is a day's."""

    at: str = ""


def fault_words(fault: FourfoldError | None) -> FaultWords:
    """A fault as its page says it: the cause and the remedy; empty where there is none."""
    said = FaultWords(f"{fault.cause} {fault.remedy}" if fault else "")
    said.at = (fault.column or "") if fault else ""
    return said


def status_of(fault: FourfoldError | None) -> int:
    """The status of a page that shows a fault: 409 where a colleague was first, 422 for anything else, 200 without one."""
    return 200 if fault is None else 409 if isinstance(fault, Conflict) else 422
