"""The URLs of the site."""

from django.contrib import admin
from django.urls import include, path

from accounts import token_views
from accounts.sign_in import SignUpView
from accounts.views import me
from config import guides, views
from config.api import api
from config.home import home
from ims.system.public_views import shown

urlpatterns = [
    path("", home, name="home"),
    path("help/", views.page, {"name": "help"}, name="help"),
    path("help/guides/", guides.own_guide, name="guides"),
    path("help/guides/<slug:slug>/", guides.guide, name="guide"),
    path("privacy/", views.page, {"name": "privacy"}, name="privacy"),
    path("accessibility/", views.page, {"name": "accessibility"}, name="accessibility"),
    path("pdca/", include("pdca.urls")),
    path("initiatives/", include("initiatives.urls")),
    path("utilities/", include("accounts.urls")),
    path("system/", include("ims.urls")),
    path("public/<slug:slug>/", shown, name="public_page"),
    path("gap-analyses/", include("assessments.urls")),
    path("recognition/", include("recognition.urls")),
    path("reports/", include("reports.urls")),
    path("account/", me, name="me"),
    path("account/tokens/new/", token_views.create, name="create_token"),
    path("account/tokens/<int:pk>/revoke/", token_views.revoke, name="revoke_token"),
    path("account/signup/", SignUpView.as_view(), name="account_signup"),
    path("account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
]
handler500 = "config.views.went_wrong"
handler429 = "accounts.limits.too_many"  # for the rate limits of allauth
