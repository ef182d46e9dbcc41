"""Trains until the first step is done, prints `done` and exits, for `cold_start`.

python -m benchmarks.first_step APP TEXT RUN_FOLDER
"""

import os
import sys

from benchmarks.sample_models import LANGUAGES, TRANSLATION
from nlp_apps.io import quiet_tensorflow


def main() -> None:
    """Trains the app on the text that the command line names."""
    app, text, run = sys.argv[1:]
    quiet_tensorflow.install()
    import keras

    from nlp_apps.tasks.training_run import train

    class Exit(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: object = None) -> None:
            print("done", flush=True)
            os._exit(0)  # the rest of the training is not measured

    overrides = LANGUAGES[1::2] if app == TRANSLATION else []
    train(app, text, run_dir=run, overrides=overrides, callbacks=[Exit()], overwrite=True)


if __name__ == "__main__":
    main()
