"""Routes with JSON about the server: model states, signatures, cards, probes, metrics."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nlp_apps.server.limits import Limits
from nlp_apps.server.middleware import has_token
from nlp_apps.server.model_version import END
from nlp_apps.server.predict_route import MODEL_PATHS, requested_version
from nlp_apps.server.prometheus import CONTENT_TYPE, Metrics
from nlp_apps.server.registry import ModelRegistry
from nlp_apps.server.request_error import RequestError, malformed_request


class InfoRoutes:
    """Responds to every JSON request but predictions.

    Args:
        registry: the models.
        limits: limits of requests, which a card shows.
        metrics: the counters of /metrics.
        token: bearer token of the server; None: no token.
    """

    def __init__(
        self, registry: ModelRegistry, limits: Limits, metrics: Metrics, token: str | None
    ) -> None:
        self._registry = registry
        self._limits = limits
        self._metrics = metrics
        self._token = token

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route("/v1/models", self.models),
            *(Route(model, self.status) for model in MODEL_PATHS),
            *(Route(f"{model}/metadata", self.metadata) for model in MODEL_PATHS),
            *(Route(f"{model}/card", self.card) for model in MODEL_PATHS),
            Route("/health", self.health),
            Route("/ready", self.ready),
            Route("/metrics", self.metrics),
        ]

    async def models(self, request: Request) -> Response:
        """Lists the models with their states; an active one with version and task."""
        _, states = self._registry.ready()
        models: list[dict[str, Any]] = []
        for name, state in states.items():
            models.append({"name": name, "state": state})
            try:
                active = self._registry.resolve(name)
            except RequestError:
                continue
            models[-1] |= {"version": str(active.number), "task": active.model.card.get("task")}
        return _json({"models": models})

    async def status(self, request: Request) -> Response:
        """Returns the state of every version of a model, or of one, in TF Serving's form."""
        name = request.path_params["name"]
        if ":" in name:  # GET .../NAME:predict
            raise malformed_request(request)
        versions = self._registry.versions(name, requested_version(request, self._registry))
        return _json(
            {
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
        )

    async def metadata(self, request: Request) -> Response:
        """Returns the signatures of a version, in TF Serving's form."""
        name = request.path_params["name"]
        active = self._registry.resolve(name, requested_version(request, self._registry))
        return _json(
            {
                "model_spec": {"name": name, "signature_name": "", "version": str(active.number)},
                "metadata": {"signature_def": {"signature_def": active.model.metadata}},
            }
        )

    async def card(self, request: Request) -> Response:
        """Returns the model's description, its signatures and the limits of a request."""
        name = request.path_params["name"]
        active = self._registry.resolve(name, requested_version(request, self._registry))
        signatures = active.model.signatures
        return _json(
            {
                "name": name,
                "version": str(active.number),
                "card": active.model.card,
                "signatures": {key: found.to_dict() for key, found in signatures.items()},
                "limits": self._limits.to_dict(),
            }
        )

    async def health(self, request: Request) -> Response:
        """Responds while the process lives."""
        return _json({"status": "alive"})

    async def ready(self, request: Request) -> Response:
        """Returns 200 after the first scan if a model is active, otherwise 503."""
        is_ready, states = self._registry.ready()
        content: dict[str, Any] = {"ready": is_ready}
        if has_token(request.scope, self._token):  # A probe without it learns no model names.
            content["models"] = states
        return _json(content, status=200 if is_ready else 503)

    async def metrics(self, request: Request) -> Response:
        """Returns the counters in Prometheus' text format."""
        return Response(self._metrics.text(), media_type=CONTENT_TYPE)


def _json(content: Any, status: int = 200) -> Response:
    """Returns a JSON response; NaN stays a literal, as in a prediction."""
    return Response(json.dumps(content), status, media_type="application/json")
