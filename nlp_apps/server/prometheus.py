"""What Prometheus reads at /metrics."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The server's counters. Labels name only models and signatures that exist."""

    def __init__(self) -> None:
        # Its own registry, so that two servers in one process do not share their counts.
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "nlp_apps_requests",
            "Predict requests by status code.",
            ("model", "signature", "code"),
            registry=registry,
        )
        self.seconds = Histogram(
            "nlp_apps_request_seconds",
            "From a request's head to its answer.",
            ("model", "signature"),
            buckets=_SECONDS,
            registry=registry,
        )
        self.refused = Counter(
            "nlp_apps_refused",
            "Requests that were answered with Retry-After: come back later.",
            ("model",),
            registry=registry,
        )
        self.batch_rows = Histogram(
            "nlp_apps_batch_rows",
            "Rows of a call of the model.",
            ("model",),
            buckets=_ROWS,
            registry=registry,
        )
        self.queue_rows = Gauge(
            "nlp_apps_queue_rows", "Rows that wait.", ("model",), registry=registry
        )
        self.version = Gauge(
            "nlp_apps_model_version", "The version that answers.", ("model",), registry=registry
        )
        self.loads = Counter(
            "nlp_apps_loads", "Versions loaded, or not.", ("model", "outcome"), registry=registry
        )

    def answered(self, model: str, signature: str, code: int, seconds: float) -> None:
        """A predict request was answered; model and signature are "" where none was come to."""
        self.requests.labels(model, signature, str(code)).inc()
        self.seconds.labels(model, signature).observe(seconds)

    def forget(self, model: str) -> None:
        """Drops what was counted of a model that is gone."""
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
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)


class QueueMeter:
    """Tells what the queue of one model does."""

    def __init__(self, metrics: Metrics, model: str) -> None:
        self._queue_rows = metrics.queue_rows.labels(model)
        self._batch_rows = metrics.batch_rows.labels(model)

    def waiting(self, rows: int) -> None:
        """So many rows wait now."""
        self._queue_rows.set(rows)

    def called(self, rows: int) -> None:
        """The model was called with so many rows."""
        self._batch_rows.observe(rows)
