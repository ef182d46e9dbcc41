"""The metrics that Prometheus reads at /metrics."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The metrics of one server. Labels name only models and signatures that exist."""

    def __init__(self) -> None:
        # One registry per server: two servers in a process do not share their counts.
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "nlp_apps_requests",
            "Predict requests by status code.",
            ("model", "signature", "code"),
            registry=registry,
        )
        self.seconds = Histogram(
            "nlp_apps_request_seconds",
            "Seconds from the request head to the response.",
            ("model", "signature"),
            buckets=_SECONDS,
            registry=registry,
        )
        self.refused = Counter(
            "nlp_apps_refused",
            "Responses with Retry-After: the server or the model is busy.",
            ("model",),
            registry=registry,
        )
        self.batch_rows = Histogram(
            "nlp_apps_batch_rows",
            "Rows of a model call.",
            ("model",),
            buckets=_ROWS,
            registry=registry,
        )
        self.queue_rows = Gauge(
            "nlp_apps_queue_rows", "Rows in the queue.", ("model",), registry=registry
        )
        self.version = Gauge(
            "nlp_apps_model_version", "The active version.", ("model",), registry=registry
        )
        self.loads = Counter(
            "nlp_apps_loads",
            "Versions that were loaded or failed to load.",
            ("model", "outcome"),
            registry=registry,
        )

    def count_response(self, model: str, signature: str, status: int, seconds: float) -> None:
        """Counts the response to a predict request; an unknown model or signature is ""."""
        self.requests.labels(model, signature, str(status)).inc()
        self.seconds.labels(model, signature).observe(seconds)

    def remove_model(self, model: str) -> None:
        """Removes every sample of a model."""
        by_model = ("model",)
        for metric, names in (
            (self.requests, ("model", "signature", "code")),
            (self.seconds, ("model", "signature")),
            (self.refused, by_model),
            (self.batch_rows, by_model),
            (self.queue_rows, by_model),
            (self.version, by_model),
            (self.loads, ("model", "outcome")),
        ):
            samples = [sample for family in metric.collect() for sample in family.samples]
            labels = [sample.labels for sample in samples if sample.labels["model"] == model]
            for values in {tuple(found[name] for name in names) for found in labels}:
                metric.remove(*values)

    def text(self) -> bytes:
        """Returns all samples in Prometheus' text format."""
        return generate_latest(self._registry)


class QueueMetrics:
    """The metrics of one model's queue."""

    def __init__(self, metrics: Metrics, model: str) -> None:
        self._queue_rows = metrics.queue_rows.labels(model)
        self._batch_rows = metrics.batch_rows.labels(model)

    def add_waiting(self, rows: int) -> None:
        """Adds rows to those that wait; a negative number removes them."""
        self._queue_rows.inc(rows)

    def observe_call(self, rows: int) -> None:
        """Counts a model call of `rows` rows."""
        self._batch_rows.observe(rows)
