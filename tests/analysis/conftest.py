"""Fixtures that analysis has from the records' own tests."""

from tests.records.test_quality import violence  # noqa: F401 - a fixture
