"""One settings module, driven by the environment. Helpers fail loudly."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from finops.runtime import broker, paths
from finops.runtime.database import database_settings


def env_bool(name: str, *, default: bool = False) -> bool:
    """Read a yes/no variable. Raises ValueError for anything else."""
    text = os.environ.get(name, "").strip().lower()
    if text in {"", "0", "false", "no", "off"}:
        return default if text == "" else False
    if text in {"1", "true", "yes", "on"}:
        return True
    raise ValueError(f"{name} must be yes or no, not {text!r}")


def env_int(name: str, default: int) -> int:
    """Read a whole number of at least 0. Raises ValueError for anything else."""
    text = os.environ.get(name, "").strip() or str(default)
    if not text.isdecimal():
        raise ValueError(f"{name} must be a whole number, not {text!r}")
    return int(text)


def env_list(name: str, default: str) -> list[str]:
    """Read a comma-separated variable."""
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def base_url(given: str, hosts: list[str], *, port: int, secure: bool) -> str:
    """Give the address that links in mails begin with, without a slash at its end.

    Raises ValueError for one that is no http address.
    """
    given = given.strip().rstrip("/")
    if given:
        if not given.startswith(("https://", "http://")) or any(c.isspace() for c in given):
            raise ValueError(f"COSTLINE_URL reads https://costline.example.com, not {given!r}")
        return given
    local = ("localhost", "127.0.0.1", "[::1]")
    host = next((name for name in hosts if name not in local and name[:1] not in "*."), "")
    if host and secure:
        return f"https://{host}"
    return f"http://{host or '127.0.0.1'}:{port}"


BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env_bool("DEBUG")
SECRET_KEY = os.environ.get("SECRET_KEY") or paths.secret("secret-key")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "finops",
    "ingest",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "auditlog",
    "axes",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "finops.web.callers.RealAddress",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "finops.web.callers.StaySignedIn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "finops.urls"
WSGI_APPLICATION = "finops.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "finops.web.frame.frame",
            ],
            "builtins": ["django.templatetags.static", "finops.templatetags.costline"],
        },
    }
]

AUTH_USER_MODEL = "finops.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {"user_attributes": ("email", "name")},
        "MinimumLengthValidator": {"min_length": 10},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600  # seconds that an invitation, or a link for a new one, works
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "sign-in"
# Signed in until 12 hours after the last request; a cookie that no script reads.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# How many reverse proxies stand in front, each adding to X-Forwarded-For; with none, the header is
# the caller's own invention and ignored.
TRUSTED_PROXIES = env_int("TRUSTED_PROXIES", 0)
# Guessing passwords: failures after which nothing more is tried until the cool-off has passed, of
# one account from one address; of one address, whatever the account; of one account, from wherever.
AXES_HANDLER = "finops.access.throttling.Throttle"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address", "username"]
AXES_FAILURE_LIMIT, FAILURE_LIMIT_BY_ADDRESS, FAILURE_LIMIT_BY_ACCOUNT = 5, 20, 40
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_CALLABLE = "finops.web.sign_in.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_FORM_FIELD = "username"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = AXES_ENABLE_ADMIN = False
# Never written down, not even about a failed attempt.
AXES_SENSITIVE_PARAMETERS = [
    "username",
    "email",
    "ip_address",
    "token",
    "password1",
    "password2",
    "csrfmiddlewaretoken",
]
AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_USE_FK_STRING_REPRESENTATION = True

DATABASES = {"default": database_settings()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
LANGUAGE_CODE = "en"
#: Initial reporting zone of a new installation; the organisation's settings own it afterwards.
INITIAL_TIME_ZONE = os.environ.get("COSTLINE_TIME_ZONE", "UTC")

STATIC_URL = "/static/"
STATIC_ROOT = paths.sub_dir("static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "finops.runtime.static_files.HashedStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# HTTPS is the reverse proxy's; behind one, set SECURE=yes and cookies never travel in the clear.
SECURE = env_bool("SECURE")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
if SECURE:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
# Where people reach it, for links in mails; otherwise made of the first name that is not local.
COSTLINE_URL = base_url(
    os.environ.get("COSTLINE_URL", ""), ALLOWED_HOSTS, port=env_int("PORT", 8000), secure=SECURE
)
# E-mail. Without a server, mails are written and kept, readable on the Alerts page.
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND") or (
    f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'dummy'}.EmailBackend"
)
EMAIL_PORT = env_int("EMAIL_PORT", 25)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS")
EMAIL_USE_SSL = env_bool("EMAIL_USE_SSL")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL") or "Costline <costline@localhost>"
# Webhooks go to public addresses alone, unless this installation's own network is meant.
ALLOW_PRIVATE_WEBHOOKS = env_bool("COSTLINE_ALLOW_PRIVATE_WEBHOOKS")
# A push may hold 10 MB; the view refuses more before it reads the body.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024 + 1
# No form takes a file unless its view says so: bodies of any size would go to a temporary folder.
FILE_UPLOAD_HANDLERS = ["finops.web.data.receiving.NoFiles"]
# Uploads: the largest file, what must stay free on the disk, and how long a file stays after its
# import (a failed one always stays for a day).
UPLOAD_LIMIT = env_int("COSTLINE_UPLOAD_LIMIT_MB", 5 * 1024) * 1024 * 1024
UPLOAD_RESERVE = env_int("COSTLINE_UPLOAD_RESERVE_MB", 1024) * 1024 * 1024
UPLOADS_KEPT_DAYS = env_int("COSTLINE_UPLOADS_KEPT_DAYS", 0)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "finops.api.authentication.KeyAuthentication",
        "finops.api.authentication.PersonAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["finops.api.permissions.NobodyMay"],
    "DEFAULT_THROTTLE_CLASSES": ["finops.api.throttling.KeyRateThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "finops.api.errors.answer",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # `format` is a parameter of ours
}
SPECTACULAR_SETTINGS = {
    # Both say `basis`, of different choices.
    "ENUM_NAME_OVERRIDES": {
        "BudgetBasisEnum": "finops.models.budgets.BUDGET_BASES",
        "AllocationBasisEnum": "finops.allocation.inputs.BASES",
    },
    "TITLE": "Costline",
    "DESCRIPTION": "What LLM calls cost, by feature, team, customer and workflow.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["finops.api.permissions.MayRead"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

CELERY_BROKER = broker.broker_settings()
CELERY_BROKER_URL = CELERY_BROKER["url"]
# Whoever wakes a worker does not wait for a broker that is away: the scheduler finds the work.
CELERY_BROKER_TRANSPORT_OPTIONS = CELERY_BROKER["transport_options"] | {
    "max_retries": 1,
    "interval_start": 0.05,
    "interval_step": 0.05,
    "interval_max": 0.1,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
# Rows in PostgreSQL say what is to do; these only look at them again.
CELERY_BEAT_SCHEDULE = {
    "take up imports": {"task": "ingest.take_up_imports", "schedule": 5.0},
    "refresh rollups": {"task": "finops.refresh_rollups", "schedule": 5.0},
    "evaluate budgets": {"task": "finops.evaluate_budgets", "schedule": 60.0},
    "send messages": {"task": "finops.send_messages", "schedule": 10.0},
    "prepare reviews": {"task": "finops.prepare_reviews", "schedule": 300.0},
    "take up revaluations": {"task": "finops.take_up_revaluations", "schedule": 10.0},
    "reconcile": {"task": "finops.reconcile", "schedule": 300.0},
    "take up zone changes": {"task": "finops.take_up_zone_changes", "schedule": 10.0},
    "sweep sign-ins": {"task": "finops.sweep", "schedule": 600.0},
    "sweep": {"task": "ingest.sweep", "schedule": 60.0},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
}
