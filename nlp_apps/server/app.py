"""The ASGI app: every route of the server, and the errors outside of a route."""

from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    Response,
)
from starlette.routing import Route

from nlp_apps.server import openapi, web_pages
from nlp_apps.server.info_routes import InfoRoutes
from nlp_apps.server.limits import Limits
from nlp_apps.server.middleware import AccessMiddleware, App
from nlp_apps.server.predict_route import MODEL_PATHS, PredictRoute
from nlp_apps.server.predictions import Predictions
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry
from nlp_apps.server.request_error import RequestError, malformed_request
from nlp_apps.server.request_origin import AllowedHosts


def create_app(
    registry: ModelRegistry,
    limits: Limits,
    metrics: Metrics,
    token: str | None = None,
    *,
    node_modules: Path | None = None,
    allowed_hosts: Sequence[str] = (),
    predictions: Predictions | None = None,
) -> App:
    """Returns the ASGI app with its middleware.

    Args:
        registry: the models.
        limits: limits of requests.
        metrics: counts requests.
        token: bearer token that requests must send; None: no token.
        node_modules: folder with LiteRT.js from npm; None: the one beside the page.
        allowed_hosts: host names of this server, besides localhost and IP addresses; `*.NAME` is
            every name below NAME, `*` every name.
        predictions: predictions that another protocol shares; None: those of this app alone.
    """
    predictions = predictions or Predictions(registry, limits, metrics)
    predict = PredictRoute(predictions).respond
    app = Starlette(
        routes=[
            *(Route(f"{model}:predict", predict, methods=["POST"]) for model in MODEL_PATHS),
            *InfoRoutes(registry, limits, metrics, token).routes(),
            *_reference_routes(),
            *web_pages.routes(registry.folders(), node_modules),
        ],
        exception_handlers={
            RequestError: _error,
            404: _not_found,
            405: _not_found,
            Exception: _server_error,  # Starlette raises it again, for the log.
        },
    )
    app.router.redirect_slashes = False
    hosts = AllowedHosts.of(allowed_hosts)
    return AccessMiddleware(app, token, limits, metrics, hosts, predictions.places)


def _reference_routes() -> list[Route]:
    """Returns the routes of the API reference."""

    async def schema(request: Request) -> Response:
        return JSONResponse(openapi.schema())

    async def docs(request: Request) -> Response:
        return HTMLResponse(openapi.page())

    async def style(request: Request) -> Response:
        return Response(openapi.STYLE, media_type="text/css")

    return [
        Route("/openapi.json", schema),
        Route("/docs", docs),
        Route("/docs.css", style),
    ]


async def _error(request: Request, error: Exception) -> Response:
    """Responds with the error of a route."""
    assert isinstance(error, RequestError)
    return error.response()


async def _not_found(request: Request, error: Exception) -> Response:
    """Responds to a path or a method that does not exist; below /v1/ as TF Serving does."""
    is_wrong_method = getattr(error, "status_code", 404) == 405
    if is_wrong_method or request.url.path.startswith("/v1/"):
        return malformed_request(request).response()
    return RequestError(404, f"There is nothing at {request.url.path[:200]}; see /docs").response()


async def _server_error(request: Request, error: Exception) -> Response:
    """Responds to an unexpected exception."""
    return RequestError(500, "The server failed; see its log.").response()
