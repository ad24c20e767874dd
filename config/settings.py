"""All settings. Values that differ between installations come from the environment (see .env.example)."""

from pathlib import Path

import environ

from config import logs, policy, schedule, secret, sign_in

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

# The folder of the embedded services, uploads and generated files on a single machine.
LOCAL_DIR = Path(env.str("LOCAL_DIR", default=str(BASE_DIR / ".local")))

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or secret.kept(LOCAL_DIR)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=False)
SITE_URL = env.str("SITE_URL", default="http://localhost:8000")
CONTACT_EMAIL = env.str("CONTACT_EMAIL", default="help@example.org")

INSTALLED_APPS = [
    "config.apps.ConfigApp",
    "recognition",
    "ims",
    "assessments",
    "initiatives",
    "pdca",
    "reports",
    "accounts",
    "letters",
    "files",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "django_htmx",
    "template_partials",
    "pgtrigger",
    "post_office",
    "csp",
    "simple_history",
    "config.apps.Administration",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.forms",
    "config.apps.StaticFiles",
]

MIDDLEWARE = [
    "config.tracing.request_id",
    "config.metrics.measured",
    "config.views.health",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.static_files.CompressedPages",
    "csp.middleware.CSPMiddleware",
    "config.input.refuse_nul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.line_breaks.line_breaks",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.audit.names_who",
    "accounts.second_factor.required",
    "accounts.unsent.middleware",
    "config.views.not_allowed",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.zones.in_the_readers_zone",
    "config.api.problems",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["workflow.slots"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.views.site",
                "accounts.unsent.unsent",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # widgets too can be in templates/
CRISPY_ALLOWED_TEMPLATE_PACKS = ["uswds"]
CRISPY_TEMPLATE_PACK = "uswds"

# --- Database, cache -----------------------------------------------------------------------------
if not (env.str("DATABASE_URL", default="") and env.str("REDIS_URL", default="")):
    from config import embedded  # needs packages that production does not install
if env.str("DATABASE_URL", default=""):
    DATABASES = {"default": dict(env.db_url("DATABASE_URL"))}
else:
    DATABASES = {"default": embedded.postgres(LOCAL_DIR / "postgres")}
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# In the database, not the broker, so that signing in, which has rate limits, works while the broker is down.
# Large, because an entry that is culled early is a forgotten rate limit.
_cache = {"LOCATION": "django_cache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache"} | _cache}

# --- Celery --------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="") or embedded.valkey(LOCAL_DIR / "valkey")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True  # results are stored in rows, never in the broker
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 200_000  # kB; a child above it is replaced after its task
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # keep trying: the broker may be down for hours
# A page never waits for a broker that is down; the sweeper sends the request later.
# (kombu reads max_retries for a producer's connection; the settings above are for the worker's.)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "retry_on_timeout": False,
    "max_retries": 0,
    "priority_steps": list(range(10)),
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE_FILENAME = str(LOCAL_DIR / "beat-schedule")
# How long a worker keeps a report without a heartbeat, and how often the sweeper looks for such reports.
REPORT_LEASE_SECONDS = env.float("REPORT_LEASE_SECONDS", default=30.0)
REPORT_SWEEP_SECONDS = env.float("REPORT_SWEEP_SECONDS", default=10.0)
CELERY_BEAT_SCHEDULE = schedule.beat(REPORT_SWEEP_SECONDS)
REPORT_RETENTION_DAYS = env.int("REPORT_RETENTION_DAYS", default=90)

# --- EPA's ECHO: its web services and weekly files --------------------------------------------------
ECHO_URL = env.str("ECHO_URL", default="https://echodata.epa.gov/echo")
ECHO_BULK_URL = env.str("ECHO_BULK_URL", default="https://echo.epa.gov/files/echodownloads")
ECHO_TIMEOUT_SECONDS = env.float("ECHO_TIMEOUT_SECONDS", default=30.0)
ECHO_PAUSE_SECONDS = env.float("ECHO_PAUSE_SECONDS", default=2.0)  # between calls: it blocks rapid callers
ECHO_WAIT_SECONDS = env.list("ECHO_WAIT_SECONDS", cast=float, default=[5.0, 15.0, 45.0])  # before each retry
ECHO_MAX_ANSWER_BYTES = 2 * 1024**2
ECHO_MAX_ZIP_BYTES = 4 * 1024**3
ECHO_MAX_CSV_BYTES = 24 * 1024**3

# --- People --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.second_factor.Backend"]
# Proxies whose X-Forwarded-For is trusted: with HTTPS one, since it ends at a proxy. config/checks.py warns of 0.
ALLAUTH_TRUSTED_PROXY_COUNT = int(env.str("TRUSTED_PROXY_COUNT", default="") or HTTPS)
AUTH_PASSWORD_VALIDATORS = sign_in.PASSWORD_VALIDATORS
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.NameForm"
ACCOUNT_FORMS = sign_in.ACCOUNT_FORMS
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Headworks: "
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_SESSION_REMEMBER = None
_tries = env.int("TRIES_PER_MINUTE", default=30)
ACCOUNT_RATE_LIMITS = sign_in.rate_limits(_tries, env.int("FAILED_SIGN_INS_PER_MINUTE", default=10))
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # to change email addresses, as to change the second factor
REQUIRE_SECOND_FACTOR = env.bool("REQUIRE_SECOND_FACTOR", default=True)  # of everyone with a staff role
MFA_ADAPTER = "accounts.second_factor.Adapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # of a second address: nobody gets in before the first is confirmed
MFA_TOTP_TOLERANCE = 1  # a code of the 30 seconds before or after is accepted too (RFC 6238, 5.2)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": f"{_tries}/m/ip"}
MFA_FORMS = sign_in.MFA_FORMS
MFA_TOTP_ISSUER = "Headworks"
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60  # a workday
# Invitations in 24 hours, for one utility and for one person; in all for a utility that nobody has vouched for yet.
INVITATIONS_PER_DAY = env.int("INVITATIONS_PER_DAY", default=20)
INVITATIONS_UNTIL_CONFIRMED = env.int("INVITATIONS_UNTIL_CONFIRMED", default=5)
# Managers with a confirmed address of these domains, or of a domain within them, vouch for their utility.
TRUSTED_EMAIL_DOMAINS = env.list("TRUSTED_EMAIL_DOMAINS", default=["gov"])

# --- Email: stored as rows of post_office, sent by letters/sending.py --------------------------------
EMAIL_BACKEND = "post_office.EmailBackend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Headworks <no-reply@example.org>")
_delivery = env.str("EMAIL_DELIVERY", default="django.core.mail.backends.console.EmailBackend")
POST_OFFICE = {"BACKENDS": {"default": _delivery}, "CELERY_ENABLED": False}
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT", default=20.0)
vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25") | {"EMAIL_BACKEND": EMAIL_BACKEND})

# --- Files ---------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(LOCAL_DIR / "static")))
_uswds = BASE_DIR / "node_modules" / "@uswds" / "uswds" / "dist"
STATICFILES_DIRS = [BASE_DIR / "static", ("guides", BASE_DIR / "docs" / "guides")]
STATICFILES_DIRS += [(f"uswds/{part}", _uswds / part) for part in ("css", "fonts", "img", "js") if _uswds.exists()]
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["svg", "woff2", "png", "jpg", "webp", "gif", "ico"]  # small or compressed
_bucket = env.str("FILES_BUCKET", default="")
STORAGES = {
    "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": _bucket}}
    if _bucket
    else {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": LOCAL_DIR / "files"}},
    "staticfiles": {"BACKEND": "config.static_files.Storage"},
}
FILE_MAX_BYTES = 10 * 1024 * 1024
UTILITY_MAX_BYTES = env.int("UTILITY_MEGABYTES", default=2000) * 1024 * 1024  # all files of one utility
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler", "files.uploads.Handler"]
# Of the archive of a utility that comes back: the ZIP, all that is in it, and its rows, which are read into memory.
ARCHIVE_MAX_BYTES = env.int("ARCHIVE_MAX_MEGABYTES", default=500) * 1024 * 1024
ARCHIVE_MAX_UNPACKED = 4 * ARCHIVE_MAX_BYTES
ARCHIVE_MAX_EXACT = 150 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- Time and language ---------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = env.str("TIME_ZONE", default="America/New_York")
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]

# --- Security ------------------------------------------------------------------------------------
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "accounts.unsent.csrf_failure"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = policy.CONTENT_SECURITY
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # opens /metrics
LOGGING = logs.configuration(env.str("LOG_LEVEL", default="INFO"))
