"""Home: where an officer starts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fourfold.web.gate import for_any_officer


@for_any_officer()
def home(request: HttpRequest) -> HttpResponse:
    """What each role comes for, and what came in last."""
    return render(request, "pages/home.html", {})
