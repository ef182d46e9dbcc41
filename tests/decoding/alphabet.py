"""A language of three letters: search over tables of logits, and the same search in plain Python.

A table contains the logits of the next token after the last two tokens. The step function keeps the
token before the last in its state, so a search that confuses states is detected.
"""

import itertools

import numpy as np
import tensorflow as tf

from nlp_apps.decoding.search import StepOutput, beam_search, greedy_search
from nlp_apps.text.special_ids import PAD

BOS, EOS, A, B, C = 1, 2, 3, 4, 5
VOCABULARY = 6
LETTERS = [A, B, C]
NO_LOGIT = -50.0


def random_tables(count, seed=0, end=0.0):
    """Logits after two tokens, <float32>[count, V, V, V], with `end` added to those of EOS."""
    tables = np.random.default_rng(seed).normal(size=(count, *3 * (VOCABULARY,))) * 1.5
    tables[..., EOS] += end
    return tables.astype(np.float32)


def bigrams(**follows):
    """Table in which only the last token counts: `bigrams(A={"B": 0.9, "EOS": 0.1})`."""
    names = {"BOS": BOS, "EOS": EOS, "A": A, "B": B, "C": C}
    table = np.full((VOCABULARY, VOCABULARY), NO_LOGIT, np.float32)
    for last, after in follows.items():
        for token, probability in after.items():
            table[names[last], names[token]] = np.log(probability)
    return np.broadcast_to(table, (1, VOCABULARY, VOCABULARY, VOCABULARY)).copy()


def step_over(tables, attention=None):
    """Step function over tables and its initial state; `attention` [V, S] is by last token."""
    tables = tf.convert_to_tensor(tables)

    def step(last, state):
        places = tf.stack([state["before"], last], axis=-1)
        weights = None if attention is None else tf.gather(tf.constant(attention), last)
        return StepOutput(tf.gather_nd(tables, places, batch_dims=1), {"before": last}, weights)

    return step, {"before": tf.fill((tf.shape(tables)[0], 1), BOS)}


def search(tables, *, attention=None, **options):
    """Runs greedy search, or beam search if `options` contain `beam_size`."""
    step, state = step_over(tables, attention)
    options = {"batch_size": tf.shape(tables)[0], "bos_id": BOS, "eos_id": EOS, **options}
    if "beam_size" in options:
        found = beam_search(step, state, **options)
    else:
        found = greedy_search(step, state, **options)
    return type(found)(*(value.numpy() for value in found))


def words(token_ids):
    return [int(token) for token in token_ids if token != PAD]


# The same in plain Python -------------------------------------------------------------------------


def log_softmax(scores):
    scores = scores.astype(np.float64)
    return scores - np.log(np.sum(np.exp(scores)))


def log_probability(table, hypothesis):
    total, before, last = 0.0, BOS, BOS
    for token in hypothesis:
        total += log_softmax(table[before, last])[token]
        before, last = last, token
    return total


def penalty(length, alpha):
    return ((5 + length) / 6) ** alpha


def every_hypothesis(max_length):
    """Every sequence of letters that ends in EOS within `max_length` tokens."""
    for length in range(max_length):
        for letters in itertools.product(LETTERS, repeat=length):
            yield [*letters, EOS]


def greedy_by_hand(table, max_length):
    hypothesis: list[int] = []
    while EOS not in hypothesis:
        choices = [EOS] if len(hypothesis) == max_length - 1 else [EOS, *LETTERS]
        hypothesis.append(
            max(choices, key=lambda token: log_probability(table, [*hypothesis, token]))
        )
    return hypothesis


def beams_by_hand(table, max_length, beam_size, alpha):
    """Beam search over lists: finished hypotheses among the best K leave; K of them end it."""
    alive: list[list[int]] = [[]]
    pool: list[list[int]] = []
    for position in range(max_length):
        if len(pool) >= beam_size:
            break
        choices = [EOS] if position == max_length - 1 else [EOS, *LETTERS]
        candidates = [[*beginning, token] for beginning in alive for token in choices]
        candidates.sort(key=lambda hypothesis: -log_probability(table, hypothesis))
        pool += [hypothesis for hypothesis in candidates[:beam_size] if hypothesis[-1] == EOS]
        alive = [hypothesis for hypothesis in candidates if hypothesis[-1] != EOS][:beam_size]
    pool.sort(
        key=lambda hypothesis: -log_probability(table, hypothesis) / penalty(len(hypothesis), alpha)
    )
    return pool[:beam_size]
