"""Methods and definitions: what each measure counts, and how each figure is worked out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fourfold.codes.measures import measures
from fourfold.web.gate import needs


@needs("read", "methods")
def methods(request: HttpRequest) -> HttpResponse:
    """Every measure, with its definition, version, standing and source."""
    return render(request, "pages/methods.html", {"measures": measures()})
