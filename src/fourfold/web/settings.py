"""The service's settings, from the environment; a value that cannot be used stops the start.

Everything the service writes lies in the records' folder (`FOURFOLD_HOME`), below `service/`.

| variable | what it sets | when not set |
|---|---|---|
| FOURFOLD_DATABASE | `postgresql://user:password@host:port/name` | SQLite in the records' folder |
| FOURFOLD_FORCE | the force whose service this is | no force's own: "Fourfold" |
| FOURFOLD_HOSTS | names it answers to, by commas | this machine only |
| FOURFOLD_BEHIND_TLS | 1 where a proxy in front speaks TLS | plain HTTP on this machine only |
| FOURFOLD_SECRET_KEY | signs sessions | made once, kept in the records' folder |
| FOURFOLD_SECOND_STEP | 0 to let officers sign in by password alone | 1, but 0 for the fictitious force |
| FOURFOLD_REASONS | 1 to ask why restricted records are opened | 0 |
| FOURFOLD_AUDIT_HEADS | the file of heads kept outside the database | in the records' folder |
| FOURFOLD_AUDIT_HEAD_HOURS | how often a head is kept | 24 |
| FOURFOLD_UPLOAD_LIMIT_MB | the largest file taken | 500 |
"""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from fourfold.errors import CodeUnknown, RequestInvalid
from fourfold.settings import opened_home


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def _switch(name: str, default: bool) -> bool:
    given = _text(name, "1" if default else "0")
    if given not in ("0", "1"):
        raise RequestInvalid(f"{name} is neither 0 nor 1.", remedy="Set it to 1 for yes or 0 for no.")
    return given == "1"


def _number(name: str, default: int) -> int:
    given = _text(name, str(default))
    if not given.isdigit() or int(given) == 0:
        raise RequestInvalid(
            f"{name} is not a whole number above none.", remedy=f"Set it to a number, such as {default}."
        )
    return int(given)


def _secret_key(folder: Path) -> str:
    given, kept = _text("FOURFOLD_SECRET_KEY"), folder / "secret-key"
    if given:
        return given
    try:
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    return kept.read_text()


def _database(folder: Path) -> dict[str, Any]:
    given = _text("FOURFOLD_DATABASE")
    if not given:
        pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=20000", "secure_delete=ON")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": folder / "casework.sqlite3",
            # A page is answered after its entry is on the disk: FULL waits for it. Writers take turns from the first word.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "; ".join(f"PRAGMA {one}" for one in pragmas),
            },
        }
    parts = urlsplit(given)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise RequestInvalid(
            "FOURFOLD_DATABASE is not the address of a PostgreSQL database.",
            remedy="Write it as postgresql://user:password@host:5432/name.",
        )
    host = unquote(parts.hostname or "") or dict(p.split("=", 1) for p in parts.query.split("&") if "=" in p).get(
        "host", ""
    )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
    }


def _force() -> tuple[str, bool]:
    """The force's id, and whether there is no such force."""
    from fourfold.codes.areas import force

    given = _text("FOURFOLD_FORCE")
    try:
        return (force(given).id, force(given).is_fictitious) if given else ("", False)
    except CodeUnknown as fault:
        raise RequestInvalid(f"FOURFOLD_FORCE: {fault.cause}", remedy=fault.remedy) from None


FOURFOLD_HOME = opened_home()
SERVICE_FOLDER = FOURFOLD_HOME / "service"
SERVICE_FOLDER.mkdir(mode=0o700, exist_ok=True)
FOURFOLD_FORCE, FOURFOLD_FICTITIOUS = _force()
MARKING = "OFFICIAL-SENSITIVE"
REASONS_ASKED = _switch("FOURFOLD_REASONS", False)
SECOND_STEP = _switch("FOURFOLD_SECOND_STEP", not FOURFOLD_FICTITIOUS)
UPLOAD_LIMIT_BYTES = _number("FOURFOLD_UPLOAD_LIMIT_MB", 500) * 1_000_000
AUDIT_HEADS = Path(_text("FOURFOLD_AUDIT_HEADS", str(SERVICE_FOLDER / "audit-heads.jsonl")))
AUDIT_HEAD_HOURS = _number("FOURFOLD_AUDIT_HEAD_HOURS", 24)
IDLE_LIMIT = timedelta(minutes=_number("FOURFOLD_IDLE_MINUTES", 15))
ABSOLUTE_LIMIT = timedelta(hours=_number("FOURFOLD_SESSION_HOURS", 12))

DEBUG = False
SECRET_KEY = _secret_key(SERVICE_FOLDER)
ALLOWED_HOSTS = [one.strip() for one in _text("FOURFOLD_HOSTS", "127.0.0.1,localhost,[::1]").split(",")]
APPEND_SLASH = False
ROOT_URLCONF = "fourfold.web.urls"
WSGI_APPLICATION = "fourfold.web.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": _database(SERVICE_FOLDER)}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "limits"},
}
"""Kept in the database, so that a code used in one process is used in all. Nothing of a record is ever put in it."""

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "fourfold.casework",
    "fourfold.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Pages are sent small. A form's token differs in each, and so does their length: nothing is learnt from that.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # Before the check of forged forms, so that a page somebody may not know of answers alike with and without a token.
    "fourfold.web.gate.Gate",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [Path(__file__).parent / "jinja2"],
        "OPTIONS": {"environment": "fourfold.web.look.environment"},
    },
    # Third parties' own pages are written for this engine; none is shown.
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True},
]

AUTH_USER_MODEL = "casework.Officer"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"

# Five failures lock the pair of account and address for half an hour; what is said of it is the same in every case.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=30)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "fourfold.web.pages.account.locked"
AXES_SENSITIVE_PARAMETERS = ["username", "password"]
AXES_IPWARE_PROXY_COUNT = 1 if _switch("FOURFOLD_BEHIND_TLS", False) else None

ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ADAPTER = "fourfold.web.pages.account.SecondStep"
MFA_TOTP_ISSUER = "Fourfold"

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

SESSION_COOKIE_AGE = int(ABSOLUTE_LIMIT.total_seconds())
SESSION_COOKIE_NAME = "session"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_FAILURE_VIEW = "fourfold.web.gate.forged"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

BEHIND_TLS = _switch("FOURFOLD_BEHIND_TLS", False)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^ready$"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

STATIC_URL = "/static/"
STATIC_ROOT = SERVICE_FOLDER / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATICFILES_FINDERS = ["fourfold.web.look.OwnFiles"]
MEDIA_ROOT = SERVICE_FOLDER / "none"
FILE_UPLOAD_TEMP_DIR = SERVICE_FOLDER
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000

USE_TZ = True
TIME_ZONE = "Europe/London"
USE_I18N = False
LANGUAGE_CODE = "en-gb"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "fourfold.web.look.LogLine"}},
    "handlers": {"standard": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["standard"], "level": "WARNING"},
    "loggers": {"django": {"handlers": [], "propagate": True, "level": "WARNING"}},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
