"""Tests of nlp_apps.networks.translator."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.attention import ATTENTIONS
from nlp_apps.blocks.cells.cell_registry import CELLS
from nlp_apps.networks.translator import Translator
from nlp_apps.training.losses import TokenCrossEntropy, cross_entropy

SOURCE_VOCABULARY, TARGET_VOCABULARY = 9, 10
SOURCE = np.array([[3, 4, 2], [6, 2, 0], [7, 8, 2]], np.int32)
TARGET_IN = np.array([[1, 5, 6, 7], [1, 9, 0, 0], [1, 4, 3, 0]], np.int32)
TARGET_OUT = np.array([[5, 6, 7, 2], [9, 2, 0, 0], [4, 3, 2, 0]], np.int32)
INPUTS = {"source": SOURCE, "target_in": TARGET_IN}


def translator(seed=0, source=SOURCE_VOCABULARY, target=TARGET_VOCABULARY, **options):
    keras.utils.set_random_seed(seed)
    sizes = {"embedding_size": 4, "units": 6, "num_heads": 2}
    model = Translator(source, target, **{**sizes, **options})
    model.build()
    return model


@pytest.fixture
def mixed_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


def loss_and_gradients(model, source, target_in, target_out):
    with tf.GradientTape() as tape:
        logits = model({"source": source, "target_in": target_in}, training=True)
        loss = TokenCrossEntropy(0.1)(target_out, logits)
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
    return loss, [
        None if gradient is None else tf.convert_to_tensor(gradient) for gradient in gradients
    ]


def copy_task(rows=64, length=4):
    """Pairs whose target is the source: ids from 3 on, 1 begins, 2 ends."""
    letters = np.random.default_rng(0).integers(3, 7, size=(rows, length)).astype(np.int32)
    end = np.full((rows, 1), 2, np.int32)
    source = np.concatenate([letters, end], axis=1)
    target_in = np.concatenate([np.full((rows, 1), 1, np.int32), letters], axis=1)
    return {"source": source, "target_in": target_in}, source


def test_it_compiles_fits_and_predicts_like_any_keras_model():
    inputs, target_out = copy_task()
    model = translator(source=7, target=7, units=8, embedding_size=8, num_layers=1)
    model.compile(
        optimizer=keras.optimizers.Adam(0.03), loss=TokenCrossEntropy(), jit_compile=False
    )
    data = tf.data.Dataset.from_tensor_slices((inputs, target_out)).batch(16)
    losses = model.fit(data, epochs=8, shuffle=False, verbose=0).history["loss"]
    assert losses[-1] < 0.6 * losses[0]
    logits = model.predict(inputs, batch_size=32, verbose=0)
    assert logits.shape == (64, 5, 7)
    accuracy = np.mean(np.argmax(logits, axis=-1) == target_out)
    assert accuracy > 0.6  # chance is 0.2 to 0.4
    wanted = float(TokenCrossEntropy()(target_out, model(inputs)))
    assert model.evaluate(data, verbose=0) == pytest.approx(wanted, rel=1e-4)


def test_weights_saved_by_keras_are_loaded_by_keras(tmp_path):
    model, other = translator(seed=0), translator(seed=1)
    assert not np.allclose(model(INPUTS), other(INPUTS), atol=1e-3)
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(model(INPUTS), other(INPUTS))


def test_every_weight_has_a_name_of_its_own():
    for options in ({}, {"layer_norm": True, "attention": "multi_head", "cell": "peephole"}):
        paths = [weight.path for weight in translator(**options).weights]
        assert len(set(paths)) == len(paths)


@pytest.mark.parametrize("attention", [*ATTENTIONS, "none"])
def test_search_by_encode_and_step_sees_the_logits_of_a_call(attention):
    model = translator(attention=attention, num_layers=2)
    logits = model(INPUTS)
    assert logits.shape == (3, 4, TARGET_VOCABULARY)
    assert logits.dtype == tf.float32
    memory, state = model.encode(tf.constant(SOURCE))
    for position in range(TARGET_IN.shape[1]):
        step = model.step(tf.constant(TARGET_IN[:, position : position + 1]), state, memory)
        np.testing.assert_allclose(step.logits[:, 0], logits[:, position], atol=1e-5)
        state = step.state


@pytest.mark.parametrize("options", [{}, {"tie_embeddings": False}, {"attention": "multi_head"}])
def test_the_step_function_of_a_search_is_step(options):
    model = translator(**options)
    memory, state = model.encode(tf.constant(SOURCE))
    token_ids = tf.constant(TARGET_IN[:, :2])  # two beams
    state = tf.nest.map_structure(lambda value: tf.repeat(value, 2, axis=1), state)
    wanted = model.step(token_ids, state, memory)
    found = model.step_function()(token_ids, state, memory)
    np.testing.assert_allclose(found.logits, wanted.logits, atol=1e-6)
    assert found.logits.shape == (3, 2, TARGET_VOCABULARY)


@pytest.mark.parametrize("attention", [*ATTENTIONS, "none"])
def test_padding_of_the_source_never_changes_the_logits(attention):
    model = translator(attention=attention)
    wide = {"source": np.pad(SOURCE, ((0, 0), (0, 3))), "target_in": TARGET_IN}
    np.testing.assert_allclose(model(wide), model(INPUTS), atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        *({"attention": attention} for attention in [*ATTENTIONS, "none"]),
        *({"cell": cell} for cell in CELLS),
        {"layer_norm": True, "tie_embeddings": False, "num_layers": 3},
        {"share_embeddings": True, "source": TARGET_VOCABULARY, "bidirectional": False},
        {"num_layers": 1, "residual": False},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_a_gradient_reaches_every_trainable_weight(options):
    model = translator(**options)
    _, gradients = loss_and_gradients(model, SOURCE, TARGET_IN, TARGET_OUT)
    for weight, gradient in zip(model.trainable_weights, gradients, strict=True):
        assert gradient is not None, weight.path
        assert np.all(np.isfinite(gradient)), weight.path
        assert np.any(gradient != 0.0), weight.path


@pytest.mark.parametrize("attention", [*ATTENTIONS, "none"])
def test_a_row_without_one_real_token_causes_no_nan(attention):
    model = translator(attention=attention, num_layers=1, layer_norm=True, dropout=0.2)
    empty = [np.concatenate([part, np.zeros_like(part[:1])]) for part in (SOURCE, TARGET_IN)]
    target_out = np.concatenate([TARGET_OUT, np.zeros_like(TARGET_OUT[:1])])
    nothing = [np.zeros_like(part) for part in (SOURCE, TARGET_IN, TARGET_OUT)]
    for batch in ([*empty, target_out], nothing):
        loss, gradients = loss_and_gradients(model, *batch)
        assert np.isfinite(loss)
        assert all(np.all(np.isfinite(gradient)) for gradient in gradients)


def test_an_empty_row_changes_neither_loss_nor_gradients():
    model = translator()
    wanted, wanted_gradients = loss_and_gradients(model, SOURCE, TARGET_IN, TARGET_OUT)
    wide = [np.pad(part, ((0, 2), (0, 1))) for part in (SOURCE, TARGET_IN, TARGET_OUT)]
    loss, gradients = loss_and_gradients(model, *wide)
    assert float(loss) == pytest.approx(float(wanted), rel=1e-5)
    for ours, theirs in zip(gradients, wanted_gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_shared_embeddings_are_one_matrix():
    shared = translator(source=TARGET_VOCABULARY, share_embeddings=True)
    apart = translator(source=TARGET_VOCABULARY)
    assert shared.encoder.embedding is shared.decoder.embedding
    assert apart.count_params() == shared.count_params() + 4 * TARGET_VOCABULARY


def test_shared_embeddings_of_two_vocabularies_are_an_error():
    with pytest.raises(ValueError, match="need one vocabulary; got sizes 9 and 10"):
        translator(share_embeddings=True)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_mixed_precision_trains_and_searches_close_to_single_precision(mixed_precision, attention):
    mixed = translator(attention=attention, layer_norm=True)
    keras.config.set_dtype_policy("float32")
    exact = translator(attention=attention, layer_norm=True)
    exact.set_weights(mixed.get_weights())
    logits = mixed(INPUTS)
    assert logits.dtype == tf.float32
    np.testing.assert_allclose(logits, exact(INPUTS), atol=0.15)
    _, gradients = loss_and_gradients(mixed, SOURCE, TARGET_IN, TARGET_OUT)
    assert all(gradient.dtype == tf.float32 for gradient in gradients)
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients)
    memory, state = mixed.encode(tf.constant(SOURCE))
    step = mixed.step(tf.constant(TARGET_IN[:, :1]), state, memory)
    np.testing.assert_allclose(step.logits[:, 0], logits[:, 0], atol=0.15)


def test_one_traced_function_serves_every_batch_and_length():
    model = translator(attention="multi_head")
    signature = {name: tf.TensorSpec((None, None), tf.int32) for name in INPUTS}

    @tf.function(input_signature=[signature, tf.TensorSpec((None, None), tf.int32)])
    def losses(inputs, target_out):
        return cross_entropy(model(inputs), target_out)

    for rows, width in ((3, 4), (1, 2)):
        inputs = {"source": SOURCE[:rows], "target_in": TARGET_IN[:rows, :width]}
        found = losses(inputs, TARGET_OUT[:rows, :width])
        wanted = cross_entropy(model(inputs), tf.constant(TARGET_OUT[:rows, :width]))
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert losses.experimental_get_tracing_count() == 1
