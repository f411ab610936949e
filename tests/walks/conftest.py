"""Walks through the service have the cast of its own tests."""

from tests.web.conftest import as_role  # noqa: F401 - a fixture
