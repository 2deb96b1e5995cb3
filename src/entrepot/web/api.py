"""The parts of the API that belong to no slice."""

from litestar import get

from entrepot.access.guards import open_to_all
from entrepot.web.rendering import VERSION


@get("/api/v1", opt=open_to_all(), operation_id="describeApi", summary="Say which version this is", tags=["meta"])
async def describe() -> dict[str, str]:
    """Return the version of the hub and where the description of the API is."""
    return {"version": VERSION, "openapi": "/api/schema/openapi.json"}


ROUTES = [describe]
