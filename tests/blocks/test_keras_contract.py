"""Every public layer passes Keras' own layer test and works in functional, saved, cloned and
exported models."""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src import testing

import nlp_apps
from nlp_apps.blocks.attention import ATTENTIONS, Attention
from nlp_apps.blocks.bridge import Bridge
from nlp_apps.blocks.cells.cell import Cell, CellVariables
from nlp_apps.blocks.cells.cell_registry import CELLS
from nlp_apps.blocks.cells.linear_cell import LinearCell
from nlp_apps.blocks.conv_lstm import ConvLSTM
from nlp_apps.blocks.decoder import Decoder
from nlp_apps.blocks.dense import Dense
from nlp_apps.blocks.dropout import Dropout, WeightDrop
from nlp_apps.blocks.embedding import TokenEmbedding
from nlp_apps.blocks.encoder import Encoder
from nlp_apps.blocks.encoder_stack import EncoderStack
from nlp_apps.blocks.letter_encoder import LetterEncoder
from nlp_apps.blocks.ngrams import Ngrams
from nlp_apps.blocks.pointer import PointerDecoder
from nlp_apps.blocks.pooling import Pooling
from nlp_apps.blocks.recurrent import Recurrent

B, T, S, D, E, V = 2, 3, 5, 8, 6, 11
BASES = {Attention, Cell, CellVariables, EncoderStack, LinearCell}

Case = tuple[type[keras.layers.Layer], dict[str, Any], dict[str, Any], Any]


def case(layer: type, options: dict[str, Any], inputs: dict[str, Any], outputs: Any) -> Case:
    """A layer class, its arguments, its inputs (shape and dtype by name) and output shapes."""
    return layer, options, inputs, outputs


def states(cell: str) -> tuple[tuple[int, int], ...]:
    return ((B, D),) * CELLS[cell].num_states


CASES: dict[str, Case] = {
    "dropout": case(Dropout, {"rate": 0.2}, {"inputs": (B, T, D)}, (B, T, D)),
    "word_dropout": case(
        Dropout, {"rate": 0.2, "shared": "features"}, {"inputs": (B, T, D)}, (B, T, D)
    ),
    "weight_drop": case(WeightDrop, {"rate": 0.2}, {"inputs": (T, D)}, (T, D)),
    "dense": case(Dense, {"units": E, "activation": "tanh"}, {"inputs": (B, T, D)}, (B, T, E)),
    "embedding": case(
        TokenEmbedding,
        {"vocabulary_size": V, "embedding_size": E, "dropout": 0.1, "word_dropout": 0.1},
        {"token_ids": (B, T)},
        (B, T, E),
    ),
    "ngrams": case(
        Ngrams,
        {"vocabulary": [*"____abcdefg"], "num_labels": 3, "num_rows": 64},
        {"token_ids": (B, T)},
        (B, 3),
    ),
    "bridge": case(
        Bridge,
        {"units": D, "cell": "lstm", "num_layers": 3},
        {"memory": (B, S, D)},
        ((states("lstm"),) * 3),
    ),
    "encoder": case(
        Encoder,
        {
            **{"vocabulary_size": V, "embedding_size": E, "units": D, "dropout": 0.1},
            "embedding_skip": True,
        },
        {"token_ids": (B, S)},
        (B, S, D),
    ),
    "encoder_forward": case(
        Encoder,
        {
            **{"vocabulary_size": V, "embedding_size": E, "units": D, "cell": "gru"},
            **{"bidirectional": False, "layer_norm": True, "word_dropout": 0.1, "num_layers": 3},
        },
        {"token_ids": (B, S)},
        (B, S, D),
    ),
    "recurrent_backward": case(
        Recurrent,
        {"cell": "lstm", "units": D, "backward": True, "weight_drop": 0.1},
        {"inputs": (B, T, E)},
        ((B, T, D), states("lstm")),
    ),
    "recurrent_keras": case(
        Recurrent,
        {"cell": "gru", "units": D, "use_keras": True},
        {"inputs": (B, T, E)},
        ((B, T, D), states("gru")),
    ),
    "decoder": case(
        Decoder,
        {
            **{"vocabulary_size": V, "embedding_size": E, "units": D, "attention": "none"},
            **{"dropout": 0.1, "layer_norm": True, "weight_drop": 0.1, "tie_embeddings": False},
        },
        {"target_in": (B, T)},
        ((B, T, V), (states("lstm"),) * 2),
    ),
}
CASES["conv_lstm"] = case(
    ConvLSTM, {"units": D, "weight_drop": 0.1}, {"inputs": (B, T, S, E)}, (B, T, S, D)
)
CASES["letter_encoder"] = case(
    LetterEncoder,
    {
        **{"vocabulary_size": V, "embedding_size": E, "units": D, "space_id": 4},
        **{"num_letters": 3, "num_layers": 2, "layer_norm": True, "dropout": 0.1},
    },
    {"token_ids": (B, S)},
    (B, S, D),
)
CASES["decoder_pointer"] = case(
    PointerDecoder,
    {"vocabulary_size": V, "embedding_size": E, "units": D},
    {"target_in": (B, T), "memory": (B, S, D), "memory_ids": (B, S)},
    ((B, T, V), (states("lstm"),) * 2),
)
for name in CELLS:
    CASES[f"cell_{name}"] = case(
        CELLS[name], {"units": D}, {"inputs": (B, E)}, ((B, D), states(name))
    )
    CASES[f"recurrent_{name}"] = case(
        Recurrent,
        {"cell": name, "units": D},
        {"inputs": (B, T, E)},
        ((B, T, D), states(name)),
    )
for name in ATTENTIONS:
    CASES[f"attention_{name}"] = case(
        ATTENTIONS[name],
        {"units": D, **({"num_heads": 2} if name == "multi_head" else {})},
        {"query": (B, T, D), "memory": (B, S, D)},
        ((B, T, D), (B, T, S)),
    )
    CASES[f"decoder_{name}"] = case(
        Decoder,
        {"vocabulary_size": V, "embedding_size": E, "units": D, "attention": name},
        {"target_in": (B, T), "memory": (B, S, D)},
        ((B, T, V), (states("lstm"),) * 2),
    )
for name in [*ATTENTIONS, "none"]:
    CASES[f"pooling_{name}"] = case(
        Pooling,
        {"units": D, "attention": name},
        {"memory": (B, S, D)},
        ((B, D if name == "none" else 2 * D), (B, S)),
    )

EVERY_CASE = pytest.mark.parametrize("name", CASES)


def dtype_of(argument: str) -> str:
    return "int32" if argument in ("token_ids", "target_in", "memory_ids") else "float32"


@pytest.mark.filterwarnings("ignore:`shuffle=True` was passed")  # Keras' test feeds a generator
@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
@EVERY_CASE
def test_a_layer_passes_the_test_of_keras(name: str):
    layer, options, inputs, outputs = CASES[name]
    several = len(inputs) > 1
    shapes: Any = {f"{argument}_shape": shape for argument, shape in inputs.items()}
    dtypes: Any = {f"{argument}_shape": dtype_of(argument) for argument in inputs}
    if not several:
        (shapes,), (dtypes,) = shapes.values(), dtypes.values()
    testing.TestCase().run_layer_test(
        layer,
        options,
        input_shape=shapes,
        input_dtype=dtypes,
        expected_output_shape=outputs,
        supports_masking=layer in (Dense, Dropout),
        run_training_check=not several,  # it feeds one tensor; the next test trains the others
    )


def random_inputs(inputs: dict[str, Any]) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {
        argument: random.integers(1, V, shape).astype(np.int32)
        if dtype_of(argument) == "int32"
        else random.normal(size=shape).astype(np.float32)
        for argument, shape in inputs.items()
    }


def assert_same(found: Any, wanted: Any) -> None:
    found, wanted = keras.tree.flatten(found), keras.tree.flatten(wanted)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@EVERY_CASE
def test_functional_saved_cloned_and_exported_models_predict_as_the_layer(
    name: str, tmp_path: Path
):
    cls, options, inputs, _ = CASES[name]
    layer, arrays = cls(**options), random_inputs(inputs)
    symbolic = {
        argument: keras.Input(shape[1:], shape[0], dtype=dtype_of(argument), name=argument)
        for argument, shape in inputs.items()
    }
    # Nested outputs are flat, as a SavedModel needs them.
    model = keras.Model(symbolic, keras.tree.flatten(layer(**symbolic)))
    for index, weight in enumerate(model.weights):
        weight.assign(np.random.default_rng(index).normal(size=weight.shape))
    wanted = layer(**arrays)
    assert_same(model(arrays), wanted)

    model.save(tmp_path / "m.keras")
    assert_same(keras.models.load_model(tmp_path / "m.keras")(arrays), wanted)

    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    assert_same(clone(arrays), wanted)

    revived = cls.from_config(layer.get_config())
    revived(**arrays)
    revived.set_weights(layer.get_weights())
    assert_same(revived(**arrays), wanted)

    if cls in CELLS.values():  # from a state of zeros, the recurrent kernel gets no gradient
        return
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    assert_same(exported.serve({key: tf.constant(value) for key, value in arrays.items()}), wanted)

    if model.trainable_weights:
        targets = keras.tree.flatten(wanted)
        model.compile(optimizer="sgd", loss=["mse"] * len(targets))
        model.fit(arrays, [target + 1.0 for target in targets], batch_size=B, verbose=0)
        for weight, other in zip(model.weights, clone.weights, strict=True):
            assert not np.array_equal(weight, other), weight.path


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_a_cell_in_a_keras_rnn_equals_our_layer(name: str, backward: bool):
    inputs = np.random.default_rng(1).normal(size=(B, S, E)).astype(np.float32)
    ours = Recurrent(name, D, backward=backward, use_keras=False)
    outputs, state = ours(inputs)
    cell = CELLS[name](D)
    rnn = keras.layers.RNN(cell, return_sequences=True, return_state=True, go_backwards=backward)
    rnn.build(inputs.shape)
    for index, (one, other) in enumerate(zip(ours.weights, cell.weights, strict=True)):
        one.assign(np.random.default_rng(index).normal(size=one.shape))
        other.assign(one)
    outputs, state = ours(inputs)
    found, *last = rnn(inputs)
    assert_same(found[:, ::-1] if backward else found, outputs)
    assert_same(last, state)
    initial = tuple(tf.ones((B, D)) * 0.1 for _ in state)
    assert_same(rnn(inputs, initial_state=list(initial))[1:], ours(inputs, None, initial)[1])


def public_classes() -> list[type]:
    """The Keras objects that nlp_apps defines, but those that only others extend."""
    kinds = (
        keras.layers.Layer,
        keras.losses.Loss,
        keras.metrics.Metric,
        keras.optimizers.schedules.LearningRateSchedule,
    )
    found = []
    for package in ("blocks", "networks", "training"):
        folder = Path(nlp_apps.__file__).parent / package
        for info in pkgutil.walk_packages([str(folder)], f"nlp_apps.{package}."):
            module = importlib.import_module(info.name)
            found += [
                value
                for key, value in vars(module).items()
                if isinstance(value, type)
                and value.__module__ == module.__name__
                and issubclass(value, kinds)
                and not key.startswith("_")
            ]
    return [cls for cls in found if cls not in BASES]


@pytest.mark.parametrize("cls", public_classes(), ids=lambda cls: cls.__name__)
def test_every_class_is_registered_with_its_arguments(cls: type):
    assert keras.saving.get_registered_name(cls) == f"nlp_apps>{cls.__name__}"
    assert "get_config" in {
        name for base in cls.__mro__ if base in kinds_of(cls) for name in vars(base)
    }


def kinds_of(cls: type) -> list[type]:
    return [base for base in cls.__mro__ if base.__module__.startswith("nlp_apps.")]


def test_every_public_layer_has_a_case():
    layers = {cls for cls in public_classes() if issubclass(cls, keras.layers.Layer)}
    tested = {cls for cls, *_ in CASES.values()}
    assert layers - tested == {cls for cls in layers if issubclass(cls, keras.Model)}
