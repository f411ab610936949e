"""The service as WSGI servers start it: the application, and a thread that makes ready what most pages need."""

from __future__ import annotations

import os
import threading

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fourfold.web.settings")
application = get_wsgi_application()


def _made_ready() -> None:
    from fourfold.web.pages.running import kept_ready

    kept_ready()


threading.Thread(target=_made_ready, name="ready", daemon=True).start()
