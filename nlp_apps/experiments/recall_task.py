"""The recall task: accuracy and gradient norm of a recurrent cell by distance.

A sequence of random distractors contains one of eight symbols. A gap of further distractors later
it ends in a question token, where the network must predict the symbol. Only the state carries the
symbol over the gap. The task is similar to those of Hochreiter & Schmidhuber 1997, section 5, and
Bengio et al. 1994, section II.

Letters in shapes: B batch, T time, V vocabulary, U units.
"""

import logging
import time
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nlp_apps.blocks.recurrent import Recurrent
from nlp_apps.errors import WorkError
from nlp_apps.text.special_ids import PAD

NUM_SYMBOLS = 8
"""Symbol s, counted from 0, is token 1 + s; a random guess is correct with probability 1/8."""
NUM_DISTRACTORS = 8
FIRST_DISTRACTOR = 1 + NUM_SYMBOLS
QUESTION = FIRST_DISTRACTOR + NUM_DISTRACTORS
NUM_TOKENS = QUESTION + 1

BATCH = 32
CHECK_STEPS = 50
"""Training steps between two evaluations on held-out sequences."""
HELD_OUT = 250
"""Number of held-out sequences, and batch size of an evaluation."""
NUM_TEST = 1000
"""Sequences of the final evaluation."""
GRADIENT_ROWS = 64

logger = logging.getLogger(__name__)


class Sequences(NamedTuple):
    """A batch of the task.

    Attributes:
        token_ids: <int32>[B, T], padded on the right.
        lengths: <int32>[B], number of tokens without padding; the last one is the question.
        symbols: <int32>[B], the symbols to predict, from 0 to 7.
    """

    token_ids: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.int32]
    symbols: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Settings:
    """Settings of the experiment, the same for every cell.

    Attributes:
        cells: Names of cells.
        gaps: Numbers of distractors between symbol and question, each at least 1, ascending.
        units: Size of the state.
        steps: Maximum number of training steps for each cell and gap.
        learning_rate: Learning rate of Adam.
        seed: Random seed of weights and sequences, at least 0.
        train_on: Training sequences. "stream": gaps from 1 to the evaluated one, short ones more
            often, with distractors before the symbol. "first": the same gaps, the symbol first.
            "fixed": only the evaluated gap, the symbol first.
    """

    cells: tuple[str, ...]
    gaps: tuple[int, ...]
    units: int
    steps: int
    learning_rate: float
    seed: int
    train_on: str


@dataclass(frozen=True)
class Result:
    """Result of the experiment.

    Attributes:
        accuracy: Cell and gap to the accuracy on new sequences.
        steps: Cell and gap to the number of training steps.
        before: Cell to the gradient norms of its initial weights by distance (`gradient_norms`), on
            sequences of the longest gap.
        after: The same of the weights that were trained at the longest gap.
    """

    accuracy: dict[str, dict[int, float]]
    steps: dict[str, dict[int, int]]
    before: dict[str, list[float]]
    after: dict[str, list[float]]


def sequences(
    random: np.random.Generator, gaps: npt.NDArray[np.int_], *, time: int, first: bool = False
) -> Sequences:
    """Draws one sequence for each gap.

    Example: for a gap of 3 in a time of 7, tokens may be 11, 14, 5, 12, 9, 16, 17: two distractors,
    symbol 4, three distractors, the question. With `first` they are 5, 12, 9, 16, 17, 0, 0: length
    5 and two of padding.

    Args:
        random: Random generator.
        gaps: <int>[B], at least 1.
        time: T, at least the longest gap plus 2.
        first: Whether the symbol is first and padding last, instead of distractors first.

    Raises:
        ValueError: A gap is too short or too long.
    """
    if gaps.min() < 1 or gaps.max() > time - 2:
        raise ValueError(
            f"gaps must be between 1 and time - 2 = {time - 2}, received {gaps.min()} to "
            f"{gaps.max()}"
        )
    rows = np.arange(len(gaps))
    starts = np.zeros_like(gaps) if first else time - 2 - gaps
    symbols = random.integers(0, NUM_SYMBOLS, len(gaps), dtype=np.int32)
    token_ids = random.integers(FIRST_DISTRACTOR, QUESTION, (len(gaps), time), dtype=np.int32)
    token_ids[rows, starts] = 1 + symbols
    token_ids[rows, starts + gaps + 1] = QUESTION
    lengths = (starts + gaps + 2).astype(np.int32)
    token_ids[np.arange(time) >= lengths[:, None]] = PAD
    return Sequences(token_ids, lengths, symbols)


def training_batch(random: np.random.Generator, gap: int, train_on: str) -> Sequences:
    """Draws a training batch with gaps up to `gap`; `train_on` as in `Settings`."""
    gaps = np.full(BATCH, gap)
    if train_on != "fixed":
        # Uniform in the logarithm: gap 1 is as frequent as gaps 2 and 3 together, or 4 to 7.
        gaps = np.exp(random.uniform(0.0, np.log(gap + 1), BATCH)).astype(np.int_).clip(1, gap)
    return sequences(random, gaps, time=gap + 2, first=train_on == "first")


class RecallNetwork:
    """A recurrent layer over one-hot tokens, and a linear layer that predicts the symbol.

    Args:
        cell: A name in `CELLS`.
        units: Size of the state.
        seed: Random seed of the weights.
        learning_rate: Learning rate of Adam.
    """

    def __init__(self, cell: str, units: int, *, seed: int, learning_rate: float = 0.003):
        keras.utils.set_random_seed(seed)
        self.recurrent = Recurrent(cell, units, use_keras=False)
        self.recurrent.build((None, None, NUM_TOKENS))
        self.output = keras.layers.Dense(NUM_SYMBOLS)
        self.output.build((None, units))
        # Gradients are measured in double precision: 0.5 ** 200 is 0 in single precision.
        self.precise = Recurrent(cell, units, use_keras=False, dtype="float64")
        self.precise.build((None, None, NUM_TOKENS))
        self.weights = [*self.recurrent.trainable_variables, *self.output.trainable_variables]
        self.optimizer = keras.optimizers.Adam(learning_rate, global_clipnorm=1.0)
        self.optimizer.build(self.weights)
        self.variables = [*self.weights, *self.optimizer.variables]
        self.initial = [variable.numpy() for variable in self.variables]
        self.step = tf.function(self._step, autograph=False, jit_compile=True)
        self.num_correct = tf.function(self._num_correct, autograph=False, jit_compile=True)

    def reset(self) -> None:
        """Restores the initial weights and optimizer state."""
        for variable, value in zip(self.variables, self.initial, strict=True):
            variable.assign(value)

    def logits(
        self, token_ids: tf.Tensor, lengths: tf.Tensor, *, training: bool = False
    ) -> tf.Tensor:
        """Returns the logits at the question: <int32>[B, T] and <int32>[B] to <float32>[B, 8]."""
        mask = tf.sequence_mask(lengths, token_ids.shape[1])
        _, state = self.recurrent(tf.one_hot(token_ids, NUM_TOKENS), mask, training=training)
        return self.output(state[0])

    def _step(self, token_ids: tf.Tensor, lengths: tf.Tensor, symbols: tf.Tensor) -> tf.Tensor:
        """Trains on a batch and returns its mean loss before the update, <float32>[]."""
        weights = [variable.value for variable in self.weights]
        with tf.GradientTape() as tape:
            logits = self.logits(token_ids, lengths, training=True)
            loss = tf.reduce_mean(cross_entropy(symbols, logits))
        gradients = [tf.convert_to_tensor(value) for value in tape.gradient(loss, weights)]
        self.optimizer.apply(gradients, self.weights)
        return loss

    def _num_correct(
        self, token_ids: tf.Tensor, lengths: tf.Tensor, symbols: tf.Tensor
    ) -> tf.Tensor:
        predicted = tf.argmax(self.logits(token_ids, lengths), axis=-1, output_type=tf.int32)
        return tf.math.count_nonzero(tf.equal(predicted, symbols))

    def accuracy(self, batch: Sequences) -> float:
        """Returns the share of correct predictions."""
        correct = 0
        for start in range(0, len(batch.symbols), HELD_OUT):
            part = (tf.constant(array[start : start + HELD_OUT]) for array in batch)
            correct += int(self.num_correct(*part))
        return correct / len(batch.symbols)

    def gradient_norms(self, batch: Sequences) -> npt.NDArray[np.float64]:
        """Returns the norm of the gradient of the loss by the state, at each distance.

        Exact backpropagation: a perturbation of zero is added to the whole state (of an LSTM, h and
        c) after every step, and the loss is differentiated by the perturbations.

        Args:
            batch: Sequences without padding.

        Returns:
            <float64>[T]: at index d, the Euclidean norm of d loss / d state, d steps before the
            question, averaged over the batch. Index 0 is the state that predicts the symbol.
        """
        self.precise.set_weights(self.recurrent.get_weights())
        kernel, bias = (tf.cast(weight.value, tf.float64) for weight in self.output.weights)
        inputs = tf.one_hot(tf.transpose(batch.token_ids), NUM_TOKENS, dtype=tf.float64)  # [T,B,V]
        initial_state = self.precise.get_initial_state(inputs.shape[1])
        perturbations = [
            tf.zeros((inputs.shape[0], *value.shape), value.dtype) for value in initial_state
        ]

        def step(state: tuple[tf.Tensor, ...], now: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, ...]:
            after = self.precise.step(now[0], state)
            return tuple(value + delta for value, delta in zip(after, now[1:], strict=True))

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(perturbations)
            last = tf.foldl(step, (inputs, *perturbations), initializer=initial_state)
            loss = tf.reduce_sum(cross_entropy(batch.symbols, last[0] @ kernel + bias))
        # [T, B, U], of an LSTM [T, B, 2U]
        gradients = tf.concat(tape.gradient(loss, perturbations), axis=-1)
        return tf.reduce_mean(tf.norm(gradients, axis=-1), axis=1).numpy()[::-1]


def cross_entropy(symbols: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Returns the loss of each row in nats: <int32>[B] and <float>[B, 8] to <float>[B]."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=symbols, logits=logits)


def train(network: RecallNetwork, gap: int, settings: Settings, held_out: Sequences) -> int:
    """Trains until every held-out prediction is correct, at most `settings.steps` steps.

    Args:
        network: The network, with its current weights.
        gap: The longest gap.
        settings: Steps, seed and training sequences.
        held_out: Sequences to evaluate every `CHECK_STEPS`.

    Returns:
        The number of steps.

    Raises:
        WorkError: The loss became NaN or infinite.
    """
    random = np.random.default_rng((settings.seed, gap))
    step = 0
    while step < settings.steps:
        for _ in range(min(CHECK_STEPS, settings.steps - step)):
            batch = training_batch(random, gap, settings.train_on)
            loss = network.step(*map(tf.constant, batch))
            step += 1
        if not np.isfinite(float(loss)):
            raise WorkError(
                f"{network.recurrent.cell_name}, gap {gap}: the loss became NaN or infinite at "
                f"step {step}. Lower --learning-rate, or change --seed."
            )
        if network.accuracy(held_out) == 1.0:
            break
    return step


def run(settings: Settings) -> Result:
    """Trains every cell at every gap, from the same initial weights and on the same sequences.

    Raises:
        WorkError: As in `train`.
    """

    def draw(gap: int, rows: int, part: int) -> Sequences:
        # One length for all gaps, so that the evaluation is compiled once a cell.
        random = np.random.default_rng((settings.seed, gap, part))
        return sequences(random, np.full(rows, gap), time=longest + 2, first=True)

    longest = max(settings.gaps)
    at_longest = draw(longest, GRADIENT_ROWS, 3)
    result = Result({}, {}, {}, {})
    for cell in settings.cells:
        rate = settings.learning_rate
        network = RecallNetwork(cell, settings.units, seed=settings.seed, learning_rate=rate)
        result.before[cell] = network.gradient_norms(at_longest).tolist()
        result.accuracy[cell], result.steps[cell] = {}, {}
        for gap in settings.gaps:
            started = time.perf_counter()
            network.reset()
            steps = train(network, gap, settings, draw(gap, HELD_OUT, 1))
            accuracy = network.accuracy(draw(gap, NUM_TEST, 2))
            result.steps[cell][gap], result.accuracy[cell][gap] = steps, accuracy
            seconds = time.perf_counter() - started
            logger.info(f"{cell}, gap {gap}: {accuracy:.1%} after {steps} steps, {seconds:.0f} s")
        result.after[cell] = network.gradient_norms(at_longest).tolist()
    return result
