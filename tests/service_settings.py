"""The service's settings for tests: a records' folder of this process's own, and the second step left out."""

import atexit
import os
import shutil
import tempfile

_home = tempfile.mkdtemp(prefix="fourfold-service-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
_before = {name: os.environ.get(name) for name in ("FOURFOLD_HOME", "FOURFOLD_SECOND_STEP")}
os.environ.update(FOURFOLD_HOME=_home, FOURFOLD_SECOND_STEP="0")
try:
    from fourfold.web.settings import *  # noqa: F403
finally:
    for _name, _value in _before.items():
        if _value is None:
            os.environ.pop(_name, None)
        else:
            os.environ[_name] = _value

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
