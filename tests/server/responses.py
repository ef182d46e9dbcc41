"""Functions that read responses and metrics, for several test files."""

import re

from tests.toy_server import Response, Toy


def error_of(response: Response) -> tuple[int, str]:
    """Returns status and message of an error response, which holds nothing else."""
    assert response.headers["content-type"] == "application/json"
    assert list(response.json) == ["error"]
    return response.status, response.json["error"]


def assert_error(response: Response, status: int, message: str) -> None:
    """Checks the status of an error, and its message with a regular expression."""
    found, text = error_of(response)
    assert found == status
    assert re.search(message, text), text


def samples(toy: Toy) -> dict[str, float]:
    """Returns every sample of the metrics, by name and labels."""
    text = toy.metrics.text().decode()
    found = re.findall(r"^(\w+(?:\{.*\})?) (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}


def total(toy: Toy, name: str) -> float:
    """Returns the sum of a metric over its labels."""
    return sum(value for key, value in samples(toy).items() if key.startswith(f"{name}{{"))


def sample(text: str, name: str) -> float:
    """Returns the first sample whose name begins with `name`; 0 if there is none."""
    found = [line for line in text.splitlines() if line.startswith(name)]
    return float(found[0].split()[-1]) if found else 0.0
