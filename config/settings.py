"""One settings file. What differs between places comes from the environment.

docs/settings.md has the table of every variable read here; a test compares the two.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _
from environs import env

from config import environment

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

# --- What the environment decides ---------------------------------------------------

MODE = env.str("AFTERWORD_ENV", default="development")
PRODUCTION = MODE == "production"
TESTING = MODE == "test"
VAR_DIR = Path(env.str("AFTERWORD_VAR", default=str(BASE_DIR / "var")))

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str(
    "SECRET_KEY",
    default="" if PRODUCTION else "development-only-" + "never-secret-" * 4,
)
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
ENCRYPTION_KEY = env.str(
    "ENCRYPTION_KEY",
    default="" if PRODUCTION else "development-only-" + "seals-nothing-" * 4,
)
ENCRYPTION_KEY_FALLBACKS: list[str] = env.list("ENCRYPTION_KEY_FALLBACKS", default=[])
PUBLIC_URL = env.str(
    "PUBLIC_URL", default="" if PRODUCTION else "http://127.0.0.1:8000"
).rstrip("/")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"]
)
DATABASE_URL = env.str(
    "DATABASE_URL",
    default="" if PRODUCTION else "postgresql://afterword@127.0.0.1:5432/afterword",
)
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=0)
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379").rstrip("/")
EMAIL_URL = env.str("EMAIL_URL", default="smtp://127.0.0.1:25")
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="Afterword <afterword@localhost>")
OUTBOUND_ALLOW: list[str] = env.list("AFTERWORD_OUTBOUND_ALLOW", default=[])
OUTBOUND_CA_FILE = env.str("AFTERWORD_OUTBOUND_CA_FILE", default="")
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()

environment.check_or_stop(
    environment.Guarded(
        mode=MODE,
        debug=DEBUG,
        secret_key=SECRET_KEY,
        encryption_key=ENCRYPTION_KEY,
        public_url=PUBLIC_URL,
        allowed_hosts=ALLOWED_HOSTS,
        database_url=DATABASE_URL,
    )
)

# --- Applications -------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "template_partials",
    "accounts",
    "live",
    "outbound",
    "postmortems",
    "actions",
    "integrations",
]

MIDDLEWARE = [
    "config.edge.EdgeMiddleware",
    "config.headers.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.headers.AvailabilityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.SignedInMiddleware",
    "csp.middleware.CSPMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.page",
                "outbound.alarm.context",
            ],
            "builtins": ["template_partials.templatetags.partials"],
        },
    }
]

# --- Data ---------------------------------------------------------------------------

_database = env.dj_db_url("DATABASE_URL", default=DATABASE_URL)
_database["CONN_MAX_AGE"] = 0
_database["CONN_HEALTH_CHECKS"] = True
_database["DISABLE_SERVER_SIDE_CURSORS"] = False
_database.setdefault("OPTIONS", {})
_database["OPTIONS"]["options"] = (
    "-c statement_timeout=15000 -c lock_timeout=2000"
    " -c idle_in_transaction_session_timeout=20000 -c timezone=UTC"
)
if DATABASE_POOL_SIZE:
    # Under ASGI a pool is the only way to reuse connections; never in Celery (prefork).
    _database["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": DATABASE_POOL_SIZE,
        "timeout": 5,
        # Else pauses between tries double, and outlast a long outage.
        "reconnect_timeout": 3,
    }
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]] = {
    # Shared between processes: rate limits count here.
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"{REDIS_URL}/1"
        if urlsplit(REDIS_URL).path in {"", "/"}
        else REDIS_URL,
        "KEY_PREFIX": "afterword",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    },
    # Rendered fragments, keyed by version; in this process only, so that nothing
    # restricted is ever kept anywhere else.
    "fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "fragments",
        "TIMEOUT": 24 * 60 * 60,
        "OPTIONS": {"MAX_ENTRIES": 600},
    },
    # Rendered rows, keyed by version, for the same reason.
    "rows": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "rows",
        "TIMEOUT": 24 * 60 * 60,
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
}

# --- People and sessions ------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {
        "NAME": f"{_VALIDATION}.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.NotTheOrganisation"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.InvitedOnlyAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.signing.SignInForm",
    "reset_password": "accounts.forms.signing.AskForResetForm",
    "reset_password_from_key": "accounts.forms.signing.ResetPasswordForm",
    "change_password": "accounts.forms.signing.ChangePasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "signup": "20/m/ip",
    "test_chat": "5/m/user",
    "test_tracker": "5/m/user",
    "sync_issue": "6/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
PASSWORD_RESET_TIMEOUT = 60 * 60

# In the session: the other storage would put sentences with names into a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

SESSION_COOKIE_AGE = 7 * 24 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PRODUCTION else []
SESSION_COOKIE_NAME = "afterword_session"
CSRF_COOKIE_NAME = "afterword_csrf"
if PRODUCTION:
    SESSION_COOKIE_NAME = f"__Host-{SESSION_COOKIE_NAME}"
    CSRF_COOKIE_NAME = f"__Host-{CSRF_COOKIE_NAME}"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
    if TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- What browsers may do -----------------------------------------------------------

X_FRAME_OPTIONS = "DENY"
# config/headers.py sets it on every answer, those before the views included.
SILENCED_SYSTEM_CHECKS = ["security.W002"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        # The design sets custom properties in style="" from numbers of the server;
        # what people write never keeps a style attribute (postmortems/markup.py).
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# --- Limits (BAR §5.2) --------------------------------------------------------------

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# --- Language and time --------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files -------------------------------------------------------------------

STATIC_URL = "/static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
if PRODUCTION:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {
            "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        },
    }
else:
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = not TESTING

# --- Evidence files -----------------------------------------------------------------

MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# --- Mail ---------------------------------------------------------------------------

_email = env.dj_email_url("EMAIL_URL", default=EMAIL_URL)
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST = _email["EMAIL_HOST"]
EMAIL_FILE_PATH = _email["EMAIL_FILE_PATH"]
EMAIL_PORT = _email["EMAIL_PORT"]
EMAIL_HOST_USER = _email["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _email["EMAIL_USE_TLS"]
EMAIL_USE_SSL = _email["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 10

# --- Background work (BAR §9, T17–T20) ----------------------------------------------

CELERY_BROKER_URL = (
    f"{REDIS_URL}/0" if urlsplit(REDIS_URL).path in {"", "/"} else REDIS_URL
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# Takes precedence, and counts: what kills its process each time is given up.
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A process of a worker that has grown beyond this (kB) is replaced after its task.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 4 * CELERY_TASK_TIME_LIMIT,
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "send invitations": {"task": "accounts.tasks.send_invitations", "schedule": 60.0},
    "send password resets": {
        "task": "accounts.tasks.send_password_resets",
        "schedule": 10.0,
    },
    "send mentions": {"task": "postmortems.tasks.send_mentions", "schedule": 30.0},
    "empty the trash": {"task": "postmortems.tasks.empty_trash", "schedule": 3600.0},
    "forget old requests": {
        "task": "postmortems.tasks.forget_requests",
        "schedule": 3600.0,
    },
    "forget bulk changes": {
        "task": "actions.tasks.forget_bulk_changes",
        "schedule": 3600.0,
    },
    "remove files": {"task": "postmortems.tasks.remove_files", "schedule": 86400.0},
    "keep versions": {"task": "postmortems.tasks.keep_versions", "schedule": 600.0},
    "save texts": {"task": "live.tasks.save_texts", "schedule": 30.0},
    "end bouts": {"task": "postmortems.tasks.end_bouts", "schedule": 60.0},
    "compact": {"task": "live.tasks.compact", "schedule": 60.0},
    "tick": {"task": "outbound.tasks.tick", "schedule": 60.0},
    "send": {"task": "outbound.tasks.send", "schedule": 10.0},
    "send to chats": {"task": "outbound.tasks.send_to_chats", "schedule": 10.0},
    "sync trackers": {"task": "integrations.tasks.sync_trackers", "schedule": 20.0},
    "forget events": {"task": "integrations.tasks.forget_events", "schedule": 86400.0},
    "forget sessions": {"task": "accounts.tasks.forget_sessions", "schedule": 86400.0},
}

# --- Logging ------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "config.logs.JsonFormatter"},
        "plain": {
            "()": "config.logs.RowlessFormatter",
            "format": "{levelname} {name} {message}",
            "style": "{",
        },
    },
    "filters": {"tokens": {"()": "config.logs.TokensMasked"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["tokens"],
            "formatter": "json" if PRODUCTION else "plain",
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.security.DisallowedHost": {"handlers": [], "propagate": False},
        "django.request": {"level": "ERROR"},
    },
}
