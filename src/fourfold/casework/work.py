"""Work in the background: what the worker does, queued in the transaction of the verb that asks for it.

Work that a killed worker left is found at start-up (`resumed`): its begun entry is closed by what the files show, and it is
queued again. Each piece of work is claimed once, so that to queue it twice is harmless.
"""

from __future__ import annotations

from datetime import datetime

from django_tasks import task

from fourfold import settings
from fourfold.casework import audit, drafts, uploads


@task()
def import_upload(identity: str) -> None:
    """Import a file that was sent in."""
    uploads.import_upload(identity, clock=settings.now)


@task()
def write_edition(edition_id: int) -> None:
    """Write an edition of a paper."""
    drafts.write_edition(edition_id, clock=settings.now)


def queue_import(identity: str) -> None:
    """Queue an import, in the transaction that is open."""
    import_upload.enqueue(identity)


def queue_edition(edition_id: int) -> None:
    """Queue the writing of an edition, in the transaction that is open."""
    write_edition.enqueue(edition_id)


def resumed(*, at: datetime) -> list[tuple[audit.Entry, str]]:
    """Close what a crash left open on the log, and queue again what still waits. Run before a worker starts."""
    outcomes = {**uploads.OUTCOMES, "write_edition": drafts.outcome_of_edition}
    found = audit.reconciled(outcomes, at=at)
    uploads.put_back()
    for upload in uploads.waiting():
        queue_import(upload.identity)
    for edition in drafts.unwritten():
        queue_edition(edition.pk)
    return found
