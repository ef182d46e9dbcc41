"""The server's other paths: TF Serving's status and metadata, probes, metrics, pages."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from nlp_apps import __version__
from nlp_apps.server import openapi, web_pages
from nlp_apps.server.limits import Limits
from nlp_apps.server.middleware import AccessMiddleware, App, body_of, has_token, headers_of
from nlp_apps.server.predict_route import PredictRoute, malformed, to_number
from nlp_apps.server.prometheus import CONTENT_TYPE, Metrics
from nlp_apps.server.registry import END, ModelRegistry, Version
from nlp_apps.server.request_error import RequestError


def create_app(
    models: ModelRegistry,
    limits: Limits,
    metrics: Metrics,
    token: str | None = None,
    *,
    node_modules: Path | None = None,
) -> App:
    """Makes the ASGI app.

    Args:
        models: what answers.
        limits: of requests.
        metrics: is told what happens.
        token: what every request must bear; None: nobody is asked.
        node_modules: where npm put LiteRT.js; None: beside the page that needs it.

    Returns:
        The app, with the gate in front.
    """
    app = _Described(
        title="nlp_apps server",
        version=__version__,
        description=openapi.DESCRIPTION,
        docs_url=None,  # FastAPI's own page loads its scripts from another host.
        redoc_url=None,
        redirect_slashes=False,
    )
    PredictRoute(models, limits, metrics).add_to(app)
    _add_models(app, models, limits)
    _add_operations(app, models, metrics, token)
    _add_reference(app)
    web_pages.add_to(app, models.folder, node_modules)
    _add_refusals(app)
    return AccessMiddleware(app, token, limits, metrics)


class _Described(FastAPI):
    """FastAPI that tells of the token, and of no answer which the server never gives."""

    def openapi(self) -> dict[str, Any]:
        """What `/openapi.json` holds."""
        return openapi.as_it_is(super().openapi())


def _add_models(app: FastAPI, models: ModelRegistry, limits: Limits) -> None:
    """What there is: the list, and of each model status, metadata and card."""

    @app.get("/v1/models", **openapi.NAMES)
    async def names() -> Response:
        """Lists the models and what each is doing."""
        _, states = models.ready()
        return _json(
            {
                "models": [
                    {"name": name, "state": state, **_task(models, name)}
                    for name, state in states.items()
                ]
            }
        )

    @app.get("/v1/models/{name}", **openapi.STATUS)
    async def status(name: str, request: Request) -> Response:
        """Tells the state of every version of a model."""
        _check_name(name, request)
        return _json(_status(models.versions(name)))

    @app.get("/v1/models/{name}/versions/{version}", **openapi.STATUS)
    async def version_status(name: str, version: str, request: Request) -> Response:
        """Tells the state of one version of a model."""
        return _json(_status(models.versions(name, to_number(version, request))))

    @app.get("/v1/models/{name}/metadata", **openapi.METADATA)
    async def metadata(name: str) -> Response:
        """Tells the signatures of the newest version of a model."""
        return _json(_metadata(models, name, None))

    @app.get("/v1/models/{name}/versions/{version}/metadata", **openapi.METADATA)
    async def version_metadata(name: str, version: str, request: Request) -> Response:
        """Tells the signatures of one version of a model."""
        return _json(_metadata(models, name, to_number(version, request)))

    @app.get("/v1/models/{name}/card", **openapi.CARD)
    async def card(name: str) -> Response:
        """Tells what the newest version of a model is for, and its limits."""
        return _json(_card(models, name, None, limits))

    @app.get("/v1/models/{name}/versions/{version}/card", **openapi.CARD)
    async def version_card(name: str, version: str, request: Request) -> Response:
        """Tells what one version of a model is for, and its limits."""
        return _json(_card(models, name, to_number(version, request), limits))


def _add_operations(
    app: FastAPI, models: ModelRegistry, metrics: Metrics, token: str | None
) -> None:
    """What probes and Prometheus ask for."""

    @app.get("/health", **openapi.HEALTH)
    async def health() -> Response:
        """Answers as long as the server lives."""
        return _json({"status": "alive"})

    @app.get("/ready", **openapi.READY)
    async def ready(request: Request) -> Response:
        """Answers 200 when every model was tried and at least one answers, 503 before."""
        is_ready, states = models.ready()
        told: dict[str, Any] = {"ready": is_ready}
        if has_token(request.scope, token):  # Without it a probe hears nothing of the models.
            told["models"] = states
        return _json(told, status=200 if is_ready else 503)

    @app.get("/metrics", **openapi.METRICS)
    async def prometheus() -> Response:
        """Counts, for Prometheus."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)


def _add_reference(app: FastAPI) -> None:
    """Adds the reference of the REST API."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return HTMLResponse(openapi.page(app.openapi()))

    @app.get("/docs.css", include_in_schema=False)
    async def style() -> Response:
        return Response(openapi.STYLE, media_type="text/css")


def _add_refusals(app: FastAPI) -> None:
    """Every error as {"error": ...}."""

    async def refused(request: Request, error: Any) -> Response:
        return Response(
            body_of(error), error.status, headers_of(error), media_type="application/json"
        )

    async def no_such_path(request: Request, error: Exception) -> Response:
        if request.url.path.startswith("/v1/"):
            return await refused(request, malformed(request))
        place = request.url.path[:200]
        return await refused(request, RequestError(404, f"There is nothing at {place}; see /docs"))

    async def wrong_method(request: Request, error: Exception) -> Response:
        return await refused(request, malformed(request))

    async def bug(request: Request, error: Exception) -> Response:
        return await refused(request, RequestError(500, "The server failed; its log says how."))

    app.add_exception_handler(RequestError, refused)
    app.add_exception_handler(404, no_such_path)
    app.add_exception_handler(405, wrong_method)
    app.add_exception_handler(Exception, bug)  # Which goes on to the log of the server.


def _check_name(name: str, request: Request) -> None:
    """Refuses GET .../NAME:predict, whose path looks like a name."""
    if ":" in name:
        raise malformed(request)


def _status(versions: list[Version]) -> dict[str, Any]:
    """Versions in TF Serving's shape."""
    return {
        "model_version_status": [
            {
                "version": str(version.number),
                "state": version.state,
                "status": {
                    "error_code": "FAILED_PRECONDITION" if version.state == END else "OK",
                    "error_message": version.error,
                },
            }
            for version in versions
        ]
    }


def _metadata(models: ModelRegistry, name: str, number: int | None) -> dict[str, Any]:
    """Signatures in TF Serving's shape."""
    found = models.find(name, number)
    return {
        "model_spec": {"name": name, "signature_name": "", "version": str(found.number)},
        "metadata": {"signature_def": {"signature_def": found.servable.metadata}},
    }


def _card(models: ModelRegistry, name: str, number: int | None, limits: Limits) -> dict[str, Any]:
    """What the page needs to know of a model."""
    found = models.find(name, number)
    signatures = found.servable.signatures
    return {
        "name": name,
        "version": str(found.number),
        "card": found.servable.card,
        "signatures": {key: signature.told() for key, signature in signatures.items()},
        "limits": limits.told(),
    }


def _task(models: ModelRegistry, name: str) -> dict[str, Any]:
    """A model's version and task, where it answers."""
    try:
        found = models.find(name)
    except RequestError:
        return {}
    return {"version": str(found.number), "task": found.servable.card.get("task")}


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, media_type="application/json")
