"""`nlp-apps serve` with models in Python, without TensorFlow, whose import is slow and large.

    python -m tests.attack.fast_server DIR [argument of nlp-apps serve ...]

The folders of DIR name the models; see `tests.attack.python_models`.
"""

import sys
from unittest.mock import MagicMock

_UNUSED = (
    "tensorflow",
    "tensorflow.core",
    "tensorflow.core.protobuf",
    "tensorflow_serving",
    "tensorflow_serving.apis",
    "tensorflow_serving.config",
)
sys.modules.update({name: MagicMock() for name in _UNUSED})

from nlp_apps import serve  # noqa: E402
from nlp_apps.server import process  # noqa: E402
from tests.attack.python_models import load  # noqa: E402

if __name__ == "__main__":
    process.__dict__["load"] = load
    sys.exit(serve.main(sys.argv[1:]))
