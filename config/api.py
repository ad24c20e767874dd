"""The JSON API's root: each room brings its own router in ``api.py``."""

from ninja import NinjaAPI

from initiatives.api import router as initiatives_router
from pdca.api import router as pdca_router

api = NinjaAPI(title="Headworks", version="1", docs_url="docs", openapi_url="openapi.json", urls_namespace="api")
api.add_router("", pdca_router)
api.add_router("", initiatives_router)
