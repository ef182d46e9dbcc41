"""Every network is the same model after saving, loading, cloning, exporting and in the functional
API."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.networks.classifier import Classifier
from nlp_apps.networks.language_model import LanguageModel
from nlp_apps.networks.translator import Translator
from nlp_apps.training.checkpoints import load_weights, save_weights
from nlp_apps.training.losses import TokenCrossEntropy
from nlp_apps.training.schedules import WarmUp

SOURCE = np.array([[3, 4, 5, 2], [6, 2, 0, 0]], np.int32)
TARGET_IN = np.array([[1, 5, 6], [1, 9, 0]], np.int32)
VOCABULARY = ["<pad>", "<unk>", "<s>", "</s>", *"abcdefg"]
SIZES: dict[str, Any] = {"embedding_size": 4, "units": 8}


def translator(**options: Any) -> Translator:
    return Translator(11, 11, **SIZES, **options)


def classifier(**options: Any) -> Classifier:
    return Classifier(11, 3, **SIZES, **options)


def language_model(**options: Any) -> LanguageModel:
    return LanguageModel(11, **SIZES, **options)


INPUTS = {
    translator: {"source": SOURCE, "target_in": TARGET_IN},
    classifier: {"source": SOURCE},
    language_model: {"target_in": TARGET_IN},
}

EVERY_NETWORK = pytest.mark.parametrize(
    ("network", "options"),
    [
        (translator, {"attention": "dot", "dropout": 0.1, "word_dropout": 0.1}),
        (translator, {"embedding_skip": True, "num_layers": 1}),
        (translator, {"attention": "general", "cell": "gru", "share_embeddings": True}),
        (translator, {"attention": "additive", "cell": "peephole", "bidirectional": False}),
        (translator, {"attention": "multi_head", "cell": "cifg", "tie_embeddings": False}),
        (translator, {"attention": "none", "cell": "rnn", "layer_norm": True, "num_layers": 3}),
        (classifier, {"attention": "additive", "weight_drop": 0.1}),
        (classifier, {"attention": "none", "cell": "gru", "layer_norm": True}),
        (classifier, {"ngrams": 50, "vocabulary": VOCABULARY}),
        (classifier, {"cell": "conv_lstm", "vocabulary": [*VOCABULARY[:-1], "\u2581"]}),
        (language_model, {"dropout": 0.1}),
        (language_model, {"cell": "cifg", "tie_embeddings": False, "num_layers": 1}),
    ],
    ids=lambda value: getattr(value, "__name__", "") or "-".join(map(str, value.values())),
)


@EVERY_NETWORK
def test_every_copy_of_a_network_predicts_the_same(
    network: Callable[..., keras.Model], options: dict[str, Any], tmp_path: Path
):
    keras.utils.set_random_seed(1)
    model, inputs = network(**options), INPUTS[network]
    wanted = model(inputs)
    assert model.compute_output_shape({k: v.shape for k, v in inputs.items()}) == wanted.shape

    def assert_same(found: Any) -> None:
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)

    model.save(tmp_path / "m.keras")
    assert_same(keras.models.load_model(tmp_path / "m.keras")(inputs))

    for copy in (keras.models.clone_model(model), type(model).from_config(model.get_config())):
        copy(inputs)
        copy.set_weights(model.get_weights())
        assert_same(copy(inputs))

    symbolic = {name: keras.Input((None,), dtype="int32", name=name) for name in inputs}
    functional = keras.Model(symbolic, model(symbolic))
    assert_same(functional(inputs))
    functional.save(tmp_path / "functional.keras")
    assert_same(keras.models.load_model(tmp_path / "functional.keras")(inputs))

    functional.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    assert_same(exported.serve({name: tf.constant(array) for name, array in inputs.items()}))


@EVERY_NETWORK
def test_a_network_exports_its_inputs_of_any_size(
    network: Callable[..., keras.Model], options: dict[str, Any], tmp_path: Path
):
    model, inputs = network(**options), INPUTS[network]
    model.build({name: (None, None) for name in inputs})
    one_row = {name: array[:1, :2] for name, array in inputs.items()}
    wanted = model(inputs), model(one_row)
    signature = [{name: keras.InputSpec("int32", (None, None), name=name) for name in inputs}]
    model.export(tmp_path / "exported", input_signature=signature, verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    for rows, numbers in zip((inputs, one_row), wanted, strict=True):
        found = exported.serve({name: tf.constant(array) for name, array in rows.items()})
        np.testing.assert_allclose(found, numbers, rtol=1e-5, atol=1e-6)


def test_a_compiled_model_is_loaded_with_its_loss_and_its_schedule(tmp_path: Path):
    model = language_model()
    schedule = WarmUp(0.01, warmup_steps=3, total_steps=9, shape="inverse_sqrt")
    model.compile(keras.optimizers.Adam(schedule), TokenCrossEntropy(0.1), jit_compile=False)
    inputs, target_out = INPUTS[language_model], np.array([[5, 6, 2], [9, 2, 0]], np.int32)
    model.fit(inputs, target_out, epochs=2, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    assert isinstance(loaded.loss, TokenCrossEntropy) and loaded.loss.smoothing == 0.1
    assert loaded.optimizer._learning_rate.get_config() == schedule.get_config()
    assert float(loaded.optimizer.learning_rate) == float(model.optimizer.learning_rate)
    wanted = model.evaluate(inputs, target_out, verbose=0)
    assert loaded.evaluate(inputs, target_out, verbose=0) == pytest.approx(wanted)


def with_random_ngrams() -> Classifier:
    model = classifier(ngrams=50, vocabulary=VOCABULARY)
    model.build()
    random = np.random.default_rng(1)
    assert model.ngrams is not None
    model.ngrams.table.assign(random.uniform(0.1, 2.0, (50, 4)))
    model.ngrams.bias.assign([0.1, 0.2, 0.3])
    return model


def path_logits(model: Classifier) -> tuple[np.ndarray, np.ndarray]:
    """The logits of the LSTM and those of the n-grams."""
    assert model.ngrams is not None
    return model.lstm_logits(SOURCE)[0].numpy(), model.ngrams(SOURCE).numpy()


def test_the_logits_of_a_classifier_are_the_sum_of_its_paths():
    model = with_random_ngrams()
    lstm, ngrams = path_logits(model)
    assert np.abs(ngrams).min() > 0.01
    np.testing.assert_allclose(model({"source": SOURCE}), lstm + ngrams, rtol=1e-6)
    np.testing.assert_allclose(model.logits_and_weights(SOURCE)[0], lstm + ngrams, rtol=1e-6)


def test_each_path_of_a_classifier_can_be_scaled():
    model = with_random_ngrams()
    lstm, ngrams = path_logits(model)
    model.scale_paths(0.25, 3.0)
    scaled_lstm, scaled_ngrams = path_logits(model)
    np.testing.assert_allclose(scaled_lstm, 0.25 * lstm, rtol=1e-5)
    np.testing.assert_allclose(scaled_ngrams, 3.0 * ngrams, rtol=1e-5)


@pytest.mark.parametrize("frozen", [False, True])
def test_the_weights_file_has_the_ngrams(frozen: bool, tmp_path: Path):
    model = with_random_ngrams()
    assert model.ngrams is not None
    model.ngrams.trainable = not frozen
    save_weights(model, tmp_path / "weights.h5")
    other = classifier(ngrams=50, vocabulary=VOCABULARY)
    other.build()
    load_weights(other, tmp_path / "weights.h5")
    np.testing.assert_array_equal(other({"source": SOURCE}), model({"source": SOURCE}))


def test_ngrams_need_the_vocabulary():
    with pytest.raises(ValueError, match="vocabulary.*11.*received 0"):
        classifier(ngrams=50)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("network", INPUTS)
def test_a_network_in_mixed_precision_keeps_its_policy(
    network: Callable[..., keras.Model], policy: str, tmp_path: Path
):
    options = {"ngrams": 50, "vocabulary": VOCABULARY} if network is classifier else {}
    model, inputs = network(dtype=policy, **options), INPUTS[network]
    wanted = model(inputs)
    assert wanted.dtype == tf.float32
    assert np.all(np.isfinite(wanted))
    in_float32 = ("labels", "ngrams")
    assert {layer.compute_dtype for layer in model.layers if layer.name not in in_float32} == {
        policy.removeprefix("mixed_")
    }
    model.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "m.keras")(inputs), wanted)
