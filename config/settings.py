"""All settings, in one file. What differs between installations comes from the environment; see `.env.example`.

Production needs SECRET_KEY, DATABASE_URL, REDIS_URL, EMAIL_URL, BASE_URL and ALLOWED_HOSTS. A missing one stops the
start with a sentence. `make run` and `make test` set them all by themselves.
"""

import datetime as dt
import ipaddress
import re
from pathlib import Path
from urllib.parse import urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()


def required(name: str, why: str) -> str:
    """The value of a variable that there is no safe default for.

    Raises ImproperlyConfigured with a sentence that names it.
    """
    value: str = env.str(name, "")
    if not value:
        raise ImproperlyConfigured(f"Set {name}: {why} See .env.example.")
    return value


# --- What kind of installation this is -----------------------------------------------------------------------------
DEMO: bool = env.bool("DEMO", False)  # one-click sign-in as demo persons, letters as files; never in production
DEBUG: bool = env.bool("DEBUG", False)
SECRET_KEY = required("SECRET_KEY", "a long random string that signs sessions and links.")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])  # former ones, whose links still work
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))

BASE_URL: str = env.str("BASE_URL", "http://localhost:8000").rstrip("/")  # in letters, where there is no request
_base = urlsplit(BASE_URL)
SECURE: bool = _base.scheme == "https"
ALLOWED_HOSTS: list[str] = [*env.list("ALLOWED_HOSTS", [_base.hostname or "localhost"]), "localhost"]  # for /health
MUNICIPALITY_NAME: str = env.str("MUNICIPALITY_NAME", "Åsmåla kommun")
MUNICIPALITY_CODE: str = env.str("MUNICIPALITY_CODE", "2999")  # four digits; the demo's is nobody's
MUNICIPALITY_IRI: str = env.str("MUNICIPALITY_IRI", "")  # its place, for the open-data catalogue; empty: Sweden
if not re.fullmatch(r"https?://[A-Za-z0-9.-]+/[A-Za-z0-9/._~#-]*|", MUNICIPALITY_IRI):
    raise ImproperlyConfigured(
        "MUNICIPALITY_IRI is an address such as https://sws.geonames.org/2673730/, or empty. See .env.example."
    )
SUPPORT_EMAIL: str = env.str("SUPPORT_EMAIL", "framsteg@example.org")

# --- Where figures are read from ------------------------------------------------------------------------------------
KOLADA_URL: str = env.str("KOLADA_URL", "https://api.kolada.se/")
KOLADA_MUNICIPALITY: str = env.str("KOLADA_MUNICIPALITY", "")  # whose yearly figures are read each night; empty: none
if not re.fullmatch(r"[0-9]{4}|", KOLADA_MUNICIPALITY):
    raise ImproperlyConfigured("KOLADA_MUNICIPALITY is four digits, such as 0180, or empty. See .env.example.")

# --- What it is made of --------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "initiatives",
    "kommun",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",  # after kommun, whose field template comes first
    "axes",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "oauth2_provider",
    "rest_framework",
    "template_partials",
]
MIDDLEWARE = [
    "initiatives.api.entrance.CallMiddleware",  # outermost, so that it sees every refusal under /api
    "django.middleware.security.SecurityMiddleware",
    "initiatives.api.entrance.ShortWay",  # answers /api; what follows is for pages
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kommun.language.language_middleware",
    "kommun.gate.SignInRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kommun.shell.shell",
                "initiatives.pages.menu.menu",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Where things are kept -----------------------------------------------------------------------------------------
required(
    "DATABASE_URL",
    "the address of PostgreSQL, such as postgres://user:password@host/name.",
)
_database = env.dj_db_url("DATABASE_URL")
DATABASES = {
    "default": {
        **_database,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # What kommun.statements asks for is prepared, and nothing by itself; None, the default, would forbid it.
        "OPTIONS": {**_database.get("OPTIONS", {}), "prepare_threshold": 1_000_000_000},
    }
}

# --- Who may come in -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "kommun.Employee"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "kommun.sign_in.EmployeeBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
AXES_VERBOSE = False
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "kommun.sign_in.counted_as"
AXES_LOCKOUT_CALLABLE = "kommun.pages.sign_in.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # who was here when is nobody's business
AXES_VERBOSE = False
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24  # seconds that a sign-in link holds
SESSION_COOKIE_NAME = "framsteg"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14

# --- Security headers ----------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = SECURE
BEHIND_PROXY: bool = env.bool("BEHIND_PROXY", False)  # what it says of address and sender is believed
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_REDIRECT_EXEMPT = [r"^health(/web)?$"]  # asked by the container engine from inside

# --- Language and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "sv"
LANGUAGES = [("sv", _("Swedish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE: str = env.str("TIME_ZONE", "Europe/Stockholm")
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = "kommun.formats"

# --- Static files --------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_DIR", str(VAR_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Letters -------------------------------------------------------------------------------------------------------
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", f"Framsteg <{SUPPORT_EMAIL}>")
MAIL_DIR = VAR_DIR / "mail"
LETTER_HOUR: dt.time = env.time("LETTER_HOUR", dt.time(7, 30))  # local; the day's collected letters go from then on
REPLY_ADDRESS: str = env.str("REPLY_ADDRESS", "")  # where people answer letters; empty: nowhere
if not re.fullmatch(r"[A-Za-z0-9._-]{1,14}@[A-Za-z0-9.-]+|", REPLY_ADDRESS):  # 14 and the letter's name make 64
    raise ImproperlyConfigured(
        "REPLY_ADDRESS is a plain address with at most 14 characters before the @, such as svar@kommun.example, or "
        "empty. See .env.example."
    )
MAIL_AUTHSERV_ID: str = env.str("MAIL_AUTHSERV_ID", "")  # the server whose word about senders counts
IMAP_URL: str = env.str("IMAP_URL", "")  # the mailbox that answers come to; empty: none is read
if not re.fullmatch(r"imaps?://[^/@\s]+:[^/@\s]*@[^/@\s]+(/[!-~]*)?|", IMAP_URL):
    raise ImproperlyConfigured(
        "IMAP_URL is imaps://user:password@host/folder, or empty; signs such as @ in user or password are written as "
        "%40. See .env.example."
    )
if env.str("EMAIL_URL", "") or not DEMO:
    required("EMAIL_URL", "the address of the mail server, such as smtp://host:25.")
    _email = env.dj_email_url("EMAIL_URL")
    if "EMAIL_BACKEND" not in _email:
        raise ImproperlyConfigured("EMAIL_URL has an unknown beginning: use smtp:// or submission://.")
    EMAIL_BACKEND: str = _email["EMAIL_BACKEND"]
    EMAIL_HOST: str = _email["EMAIL_HOST"]
    EMAIL_PORT: int = _email["EMAIL_PORT"]
    EMAIL_HOST_USER: str = _email["EMAIL_HOST_USER"]
    EMAIL_HOST_PASSWORD: str = _email["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS: bool = _email["EMAIL_USE_TLS"]
    EMAIL_USE_SSL: bool = _email["EMAIL_USE_SSL"]
else:
    EMAIL_BACKEND = "kommun.letters.EmlFileBackend"

OPERATIONS_EMAIL: str = env.str("OPERATIONS_EMAIL", "") or SUPPORT_EMAIL  # told when the clock stands still


def channel(pair: str) -> tuple[str, str]:
    """`Teams=workflows://…` as name and address. The address holds secrets, so no error repeats it."""
    name, _equals, address = pair.partition("=")
    if not re.fullmatch(r"[\w-]{1,40}", name) or "://" not in address:
        raise ImproperlyConfigured(
            "CHANNELS is pairs such as Teams=workflows://… with spaces between. See .env.example."
        )
    return name, address


CHANNELS: dict[str, str] = dict(map(channel, env.str("CHANNELS", "").split()))  # chats and SMS gateways, for apprise


# --- Webhooks ------------------------------------------------------------------------------------------------------
def network(written: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(written)
    except ValueError:
        raise ImproperlyConfigured(
            "WEBHOOK_ALLOWED_NETWORKS is networks such as 10.1.0.0/16, comma-separated, or empty. See .env.example."
        ) from None


# Receivers are machines on the open Internet, by https at port 443. Inside our own network only what is named here.
WEBHOOK_ALLOWED_NETWORKS = list(map(network, env.str("WEBHOOK_ALLOWED_NETWORKS", "").replace(",", " ").split()))
WEBHOOK_ALLOWED_PORTS: list[int] = env.list("WEBHOOK_ALLOWED_PORTS", [] if DEMO or DEBUG else [443], subcast=int)
WEBHOOK_CA_FILE: str = env.str("WEBHOOK_CA_FILE", "")  # an authority of our own, beside the well-known ones

# --- The clock -----------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = required("REDIS_URL", "the address of Redis, such as redis://host:6379/0.")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True  # a killed worker's task comes back; tasks are idempotent
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # Redis may be away for a night
CELERY_DB_REUSE_MAX = 1000
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_TIME_LIMIT = 300
_every: float = env.float("CLOCK_SECONDS", 60.0)
CLOCK_STOPPED_AFTER: float = env.float("CLOCK_STOPPED_AFTER", 600.0)  # seconds: then somebody is told
WATCH_SECONDS: float = env.float("WATCH_SECONDS", 60.0)  # between two rounds of each process's watchman
_stale = {"expires": _every}  # of ticks that nobody took, the next one does the work of all
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "turn the clock": {"task": "initiatives.tasks.turn_the_clock", "schedule": _every, "options": _stale},
    "send letters": {"task": "kommun.tasks.send_letters", "schedule": _every, "options": _stale},
    "send webhooks": {"task": "initiatives.tasks.send_webhooks", "schedule": _every, "options": _stale},
    "tidy webhooks": {
        "task": "initiatives.tasks.tidy_webhooks",
        "schedule": crontab(hour="2", minute="40"),
        "options": {"expires": 3600.0},
    },
    "pull from Kolada": {
        "task": "initiatives.tasks.pull_kolada",
        "schedule": crontab(hour="3", minute="20"),
        "options": {"expires": 3600.0},  # a night that nobody took is left to the next one
    },
}
if IMAP_URL:
    CELERY_BEAT_SCHEDULE["receive mail"] = {
        "task": "initiatives.tasks.receive_mail",
        "schedule": _every,
        "options": _stale,
    }

# --- Logs: one line each, to standard error ------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {trace} {name}: {message}", "style": "{"}},
    "filters": {"trace": {"()": "kommun.tracing.TraceFilter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["trace"]},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "axes": {"level": "WARNING"},  # four lines for each sign-in otherwise
        # It may say the secret in a channel's address. `kommun.channels` hears in DEBUG that nobody answered.
        "apprise": {"handlers": ["nowhere"], "propagate": False, "level": "DEBUG"},
        "urllib3": {"level": "INFO"},  # and so may this
    },
}

# --- The API -------------------------------------------------------------------------------------------------------
# The municipality's own authorisation server, whose signed access tokens (RFC 9068) are taken too. All or none.
API_ISSUER: str = env.str("API_ISSUER", "")  # as its tokens say it, to the letter
API_AUDIENCE: str = env.str("API_AUDIENCE", "")  # the name that its tokens call this API by
API_JWKS_URL: str = env.str("API_JWKS_URL", "")  # where it publishes its keys
API_LOG_DAYS: int = env.int("API_LOG_DAYS", 400)  # for how long it is known which client called what
if len({bool(API_ISSUER), bool(API_AUDIENCE), bool(API_JWKS_URL)}) > 1:
    raise ImproperlyConfigured("Set all of API_ISSUER, API_AUDIENCE and API_JWKS_URL, or none. See .env.example.")
if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?|", API_JWKS_URL):
    raise ImproperlyConfigured("API_JWKS_URL is an address such as https://login.example.org/jwks. See .env.example.")
OAUTH2_PROVIDER_APPLICATION_MODEL = "kommun.ApiClient"
OAUTH2_PROVIDER = {
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",  # client credentials, and no other grant
    "OAUTH2_VALIDATOR_CLASS": "kommun.clients.token_endpoint.Validator",
    "APPLICATION_ADMIN_CLASS": "kommun.admin.NoClientAdmin",
    "SCOPES_BACKEND_CLASS": "initiatives.api.authentication.AllowedScopes",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 300,  # at most five minutes, says the national profile
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,  # RFC 9700: never in an address
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,  # RFC 9700: only a checksum is stored
    # Grants that nobody here can use, shut all the same.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["initiatives.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["initiatives.api.authentication.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["initiatives.api.bodies.JsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["initiatives.api.bodies.JsonRenderer"],
    "DEFAULT_SCHEMA_CLASS": "initiatives.api.specification.OperationSchema",
    "EXCEPTION_HANDLER": "initiatives.api.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Framsteg",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SCHEMA_PATH_PREFIX_TRIM": True,
    "SORT_OPERATION_PARAMETERS": False,
    "POSTPROCESSING_HOOKS": ["initiatives.api.specification.finish"],
}
