"""The recall task: how far back a recurrent cell remembers, and how far back its gradient reaches.

Somewhere in a stream of distractors, each drawn anew, stands one of eight symbols; a gap of further
distractors later comes a question, and there the network must name the symbol. Nothing but its
state carries the symbol over the gap. The task is of the kind of Hochreiter & Schmidhuber 1997,
section 5, and Bengio et al. 1994, section II.

Letters in shapes: B batch, T time, V kinds of token, U units.
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
"""Symbol s, counted from 0, is token 1 + s; a guess is right once in eight times."""
NUM_DISTRACTORS = 8
FIRST_DISTRACTOR = 1 + NUM_SYMBOLS
QUESTION = FIRST_DISTRACTOR + NUM_DISTRACTORS
NUM_TOKENS = QUESTION + 1

BATCH = 32
CHECK_STEPS = 50
"""Training steps from one look at held-out sequences to the next."""
HELD_OUT = 250
"""Held-out sequences; as many go through the network at once when it is scored."""
FRESH = 1000
"""Sequences of the final score."""
GRADIENT_ROWS = 64

LOG = logging.getLogger(__name__)


class Sequences(NamedTuple):
    """A batch of the task.

    Attributes:
        token_ids: <int32>[B, T], padded on the right.
        lengths: <int32>[B], real tokens; the last of them is the question.
        answers: <int32>[B], the symbols, from 0 to 7.
    """

    token_ids: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.int32]
    answers: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Settings:
    """What is trained, and how; the same for every cell.

    Attributes:
        cells: names of cells.
        gaps: distractors between symbol and question, each at least 1, rising.
        units: width of the state.
        steps: most training steps for each cell and gap.
        learning_rate: of Adam.
        seed: of weights and sequences, from 0 on.
        practice: what a batch of training has. "stream": gaps from 1 up to the one that is scored,
            short ones more often, and distractors before the symbol. "first": the same gaps, but
            the symbol comes first. "fixed": only the gap that is scored, the symbol first.
    """

    cells: tuple[str, ...]
    gaps: tuple[int, ...]
    units: int
    steps: int
    learning_rate: float
    seed: int
    practice: str


@dataclass(frozen=True)
class Result:
    """What came out.

    Attributes:
        accuracy: cell and gap to the share of fresh sequences answered rightly.
        steps: cell and gap to the steps trained.
        before: cell to the gradient norms of its first weights, by distance (`gradient_norms`), on
            sequences of the longest gap.
        after: the same of the weights trained at the longest gap.
    """

    accuracy: dict[str, dict[int, float]]
    steps: dict[str, dict[int, int]]
    before: dict[str, list[float]]
    after: dict[str, list[float]]


def sequences(
    random: np.random.Generator, gaps: npt.NDArray[np.int_], *, time: int, first: bool = False
) -> Sequences:
    """Draws one sequence for each gap.

    For a gap of 3 in a time of 7, tokens might be 11, 14, 5, 12, 9, 16, 17: symbol 4 among
    distractors, three more, the question. With `first` they would be 5, 12, 9, 16, 17, 0, 0: length
    5, two of padding.

    Args:
        random: where chance comes from.
        gaps: <int>[B], at least 1.
        time: T, at least the longest gap and 2.
        first: begin with the symbol and pad, rather than begin with distractors.

    Raises:
        ValueError: a gap is too short or too long.
    """
    if gaps.min() < 1 or gaps.max() > time - 2:
        raise ValueError(
            f"gaps must lie between 1 and time - 2 = {time - 2}; got {gaps.min()} to {gaps.max()}"
        )
    rows = np.arange(len(gaps))
    starts = np.zeros_like(gaps) if first else time - 2 - gaps
    answers = random.integers(0, NUM_SYMBOLS, len(gaps), dtype=np.int32)
    token_ids = random.integers(FIRST_DISTRACTOR, QUESTION, (len(gaps), time), dtype=np.int32)
    token_ids[rows, starts] = 1 + answers
    token_ids[rows, starts + gaps + 1] = QUESTION
    lengths = (starts + gaps + 2).astype(np.int32)
    token_ids[np.arange(time) >= lengths[:, None]] = PAD
    return Sequences(token_ids, lengths, answers)


def practice(random: np.random.Generator, gap: int, how: str) -> Sequences:
    """Draws a batch of training, with gaps up to `gap`; `how` as `Settings.practice`."""
    gaps = np.full(BATCH, gap)
    if how != "fixed":
        # Even in the logarithm: about as many rows have a gap of 1 as one of 2 or 3, or 4 to 7.
        gaps = np.exp(random.uniform(0.0, np.log(gap + 1), BATCH)).astype(np.int_).clip(1, gap)
    return sequences(random, gaps, time=gap + 2, first=how == "first")


class Recaller:
    """One recurrent layer over one-hot tokens, and a linear layer that names the symbol.

    Args:
        cell: a name in `CELLS`.
        units: width of the state.
        seed: of the weights.
        learning_rate: of Adam.
    """

    def __init__(self, cell: str, units: int, *, seed: int, learning_rate: float = 0.003):
        keras.utils.set_random_seed(seed)
        self.recurrent = Recurrent(cell, units, use_keras=False)
        self.recurrent.build((None, None, NUM_TOKENS))
        self.output = keras.layers.Dense(NUM_SYMBOLS)
        self.output.build((None, units))
        # Gradients are measured in double precision: 0.5 ** 200 is nothing in single.
        self.precise = Recurrent(cell, units, use_keras=False, dtype="float64")
        self.precise.build((None, None, NUM_TOKENS))
        self.weights = [*self.recurrent.trainable_variables, *self.output.trainable_variables]
        self.optimizer = keras.optimizers.Adam(learning_rate, global_clipnorm=1.0)
        self.optimizer.build(self.weights)
        self.variables = [*self.weights, *self.optimizer.variables]
        self.first = [variable.numpy() for variable in self.variables]
        self.step = tf.function(self._step, autograph=False, jit_compile=True)
        self.num_right = tf.function(self._num_right, autograph=False, jit_compile=True)

    def restart(self) -> None:
        """Forgets all training: brings back the weights it was made with."""
        for variable, value in zip(self.variables, self.first, strict=True):
            variable.assign(value)

    def logits(self, token_ids: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """What the network thinks at the last real token: <int32>[B, T] to <float32>[B, 8]."""
        _, state = self.recurrent(tf.one_hot(token_ids, NUM_TOKENS), lengths)
        return self.output(state[0])

    def _step(self, token_ids: tf.Tensor, lengths: tf.Tensor, answers: tf.Tensor) -> tf.Tensor:
        """Trains on a batch and returns its mean loss before that, <float32>[]."""
        weights = [variable.value for variable in self.weights]
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(cross_entropy(answers, self.logits(token_ids, lengths)))
        gradients = [tf.convert_to_tensor(value) for value in tape.gradient(loss, weights)]
        self.optimizer.apply(gradients, self.weights)
        return loss

    def _num_right(self, token_ids: tf.Tensor, lengths: tf.Tensor, answers: tf.Tensor) -> tf.Tensor:
        named = tf.argmax(self.logits(token_ids, lengths), axis=-1, output_type=tf.int32)
        return tf.math.count_nonzero(tf.equal(named, answers))

    def accuracy(self, batch: Sequences) -> float:
        """Share of right answers."""
        right = 0
        for start in range(0, len(batch.answers), HELD_OUT):
            part = (tf.constant(array[start : start + HELD_OUT]) for array in batch)
            right += int(self.num_right(*part))
        return right / len(batch.answers)

    def gradient_norms(self, batch: Sequences) -> npt.NDArray[np.float64]:
        """How much the loss at the question changes with the state at each distance from it.

        Exact back-propagation: a nudge of zero is added to the whole state (of an LSTM, h and c)
        after every step, and the loss is differentiated by the nudges.

        Args:
            batch: sequences without padding.

        Returns:
            <float64>[T]: at index d the Euclidean norm of d loss / d state, d steps before the
            question, mean over the batch; index 0 is the state that the answer is read from.
        """
        self.precise.set_weights(self.recurrent.get_weights())
        kernel, bias = (tf.cast(weight.value, tf.float64) for weight in self.output.weights)
        inputs = tf.one_hot(tf.transpose(batch.token_ids), NUM_TOKENS, dtype=tf.float64)  # [T,B,V]
        first = self.precise.initial_state(inputs.shape[1])
        nudges = [tf.zeros((inputs.shape[0], *value.shape), value.dtype) for value in first]

        def step(state: tuple[tf.Tensor, ...], now: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, ...]:
            after = self.precise.step(now[0], state)
            return tuple(value + nudge for value, nudge in zip(after, now[1:], strict=True))

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(nudges)
            last = tf.foldl(step, (inputs, *nudges), initializer=first)
            loss = tf.reduce_sum(cross_entropy(batch.answers, last[0] @ kernel + bias))
        gradients = tf.concat(tape.gradient(loss, nudges), axis=-1)  # [T, B, U], of an LSTM 2U
        return tf.reduce_mean(tf.norm(gradients, axis=-1), axis=1).numpy()[::-1]


def cross_entropy(answers: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """The loss of each row, in nats: <int32>[B] and <float>[B, 8] to <float>[B]."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=answers, logits=logits)


def train(network: Recaller, gap: int, settings: Settings, held_out: Sequences) -> int:
    """Trains until every held-out answer is right, or the steps are used up.

    Args:
        network: goes on from where it stands.
        gap: the longest gap.
        settings: steps, seed and practice.
        held_out: looked at every `CHECK_STEPS`.

    Returns:
        Steps taken.

    Raises:
        WorkError: the loss is no longer a number.
    """
    random = np.random.default_rng((settings.seed, gap))
    step = 0
    while step < settings.steps:
        for _ in range(min(CHECK_STEPS, settings.steps - step)):
            batch = practice(random, gap, settings.practice)
            loss = network.step(*map(tf.constant, batch))
            step += 1
        if not np.isfinite(float(loss)):
            raise WorkError(
                f"{network.recurrent.cell_name}, gap {gap}: the loss is no longer a number at step "
                f"{step}. Lower --learning-rate, or choose another --seed."
            )
        if network.accuracy(held_out) == 1.0:
            break
    return step


def run(settings: Settings) -> Result:
    """Trains every cell at every gap: from the same first weights, on the same sequences.

    Raises:
        WorkError: as `train`.
    """

    def draw(gap: int, rows: int, part: int) -> Sequences:
        # Of one length for all gaps: the scoring is compiled once a cell.
        random = np.random.default_rng((settings.seed, gap, part))
        return sequences(random, np.full(rows, gap), time=longest + 2, first=True)

    longest = max(settings.gaps)
    at_longest = draw(longest, GRADIENT_ROWS, 3)
    result = Result({}, {}, {}, {})
    for cell in settings.cells:
        rate = settings.learning_rate
        network = Recaller(cell, settings.units, seed=settings.seed, learning_rate=rate)
        result.before[cell] = network.gradient_norms(at_longest).tolist()
        result.accuracy[cell], result.steps[cell] = {}, {}
        for gap in settings.gaps:
            started = time.perf_counter()
            network.restart()
            steps = train(network, gap, settings, draw(gap, HELD_OUT, 1))
            accuracy = network.accuracy(draw(gap, FRESH, 2))
            result.steps[cell][gap], result.accuracy[cell][gap] = steps, accuracy
            took = f"{steps} steps, {time.perf_counter() - started:.0f} s"
            LOG.info(f"{cell}, gap {gap}: {accuracy:.1%} after {took}")
        result.after[cell] = network.gradient_norms(at_longest).tolist()
    return result
