"""The app as Django knows it."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CaseworkConfig(AppConfig):
    """Casework: after each migration the database's own refusals on the log are put back where one lacks."""

    name = "fourfold.casework"
    label = "casework"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Watch migrations: SQLite remakes a table that is altered, and a remade table has lost its triggers."""
        post_migrate.connect(_refusals_put_back, sender=self)


def _refusals_put_back(**_: Any) -> None:
    from fourfold.casework.audit import refusals_put_back

    refusals_put_back()
