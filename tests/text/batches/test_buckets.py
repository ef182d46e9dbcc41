"""Tests of nlp_apps.text.batches.buckets and nlp_apps.text.batches.token_pairs."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.text.batches.buckets import Bucket, dataset, plan_batches, plan_buckets
from nlp_apps.text.batches.token_pairs import PairEncoder, TokenPairs
from nlp_apps.text.special_ids import BOS, EOS, PAD
from nlp_apps.text.tokenizer import train_tokenizer

LENGTHS = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=1, max_size=40).map(
    np.array
)


def pairs_of(lengths: Any) -> TokenPairs:
    """Returns pairs of these lengths; the tokens of pair i are 10 + i, and EOS."""

    def side(number: int, length: int) -> np.ndarray:
        return np.array([10 + number] * (int(length) - 1) + [EOS], np.int32)

    return TokenPairs(
        [side(number, source) for number, (source, _) in enumerate(lengths)],
        [side(number, target) for number, (_, target) in enumerate(lengths)],
    )


def positions_of(planned: list[tuple[Bucket, np.ndarray]]) -> list[int]:
    return [int(index) for _, members in planned for index in members]


SHORT_LENGTHS = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=30
).map(np.array)


def padded_positions(lengths: np.ndarray, shapes: Sequence[tuple[int, ...]]) -> int:
    """Returns the number of positions if each pair is padded to the smallest shape it fits."""
    return sum(min(sum(shape) for shape in shapes if (length <= shape).all()) for length in lengths)


def are_nested(shapes: Sequence[tuple[int, ...]]) -> bool:
    return all(
        one[0] <= other[0] and one[1] <= other[1] for one, other in itertools.pairwise(shapes)
    )


@settings(max_examples=100, deadline=None)
@given(lengths=SHORT_LENGTHS, num_buckets=st.integers(1, 3))
def test_no_other_nested_shapes_waste_less(lengths: np.ndarray, num_buckets: int) -> None:
    buckets = plan_buckets(lengths, batch_tokens=60, num_buckets=num_buckets)
    found = [(bucket.source_length, bucket.target_length) for bucket in buckets]
    longest = (lengths.max(), lengths.max())
    assert found == sorted(set(found)) and are_nested(found)
    assert len(found) <= num_buckets
    assert found[-1] == longest
    others = [*itertools.product(*(sorted({*side, lengths.max()}) for side in lengths.T))]
    best = min(
        padded_positions(lengths, [*chosen, longest])
        for count in range(num_buckets)
        for chosen in itertools.combinations(others, count)
        if are_nested([*chosen])
    )
    assert padded_positions(lengths, found) == best


@settings(max_examples=100)
@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=40), num_buckets=st.integers(1, 4))
def test_no_other_lengths_of_texts_waste_less(lengths: list[int], num_buckets: int) -> None:
    column = np.array(lengths)[:, None]
    buckets = plan_buckets(column, batch_tokens=60, num_buckets=num_buckets)
    found = [(bucket.source_length,) for bucket in buckets]
    longest = (max(lengths),)
    best = min(
        padded_positions(column, [*chosen, longest])
        for count in range(num_buckets)
        for chosen in itertools.combinations([(length,) for length in {*lengths}], count)
    )
    assert padded_positions(column, found) == best


def test_buckets_worked_out_by_hand() -> None:
    lengths = np.array([[3, 2]] * 10 + [[4, 4]] + [[1, 10]] * 2)
    # Shapes 3 x 2 and 10 x 10 have 10 * 5 + 3 * 20 = 110 positions; 4 x 4 and 10 x 10 have 128.
    assert plan_buckets(lengths, batch_tokens=20, num_buckets=2) == [
        Bucket(8, 3, 2),
        Bucket(2, 10, 10),
    ]
    assert plan_buckets(lengths, batch_tokens=20, num_buckets=9) == [
        Bucket(8, 3, 2),
        Bucket(5, 4, 4),
        Bucket(2, 4, 10),
        Bucket(2, 10, 10),
    ]


def test_a_search_over_fewer_lengths_finds_nearly_the_least_padding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator = np.random.default_rng(0)
    source = np.clip(generator.lognormal(2.7, 0.5, 3000), 3, 60).astype(int)
    lengths = np.stack([source, np.clip(source + generator.integers(-4, 5, 3000), 3, 60)], axis=1)

    def positions() -> int:
        found = plan_buckets(lengths, batch_tokens=3000, num_buckets=6)
        shapes = np.array([(one.source_length, one.target_length) for one in found])
        return int(shapes[(lengths[:, None] <= shapes).all(axis=2).argmax(axis=1)].sum())

    exact = positions()
    monkeypatch.setattr("nlp_apps.text.batches.buckets.MAX_SHAPES", 16**2)
    assert exact < positions() < 1.03 * exact


def test_a_pair_longer_than_batch_tokens_is_a_batch_of_its_own() -> None:
    assert plan_buckets(np.array([[30, 5]]), batch_tokens=20, num_buckets=1) == [Bucket(1, 30, 30)]


def test_buckets_need_a_pair() -> None:
    with pytest.raises(ValueError, match="lengths must have at least one example, received none"):
        plan_buckets(np.zeros((0, 2), np.int64), batch_tokens=20, num_buckets=2)


@settings(max_examples=200)
@given(
    lengths=LENGTHS,
    num_buckets=st.integers(1, 4),
    seed=st.none() | st.integers(0, 2**31 - 1),
    epoch=st.integers(0, 1000),
)
def test_every_pair_is_in_one_batch_that_holds_it(
    lengths: np.ndarray, num_buckets: int, seed: int | None, epoch: int
) -> None:
    buckets = plan_buckets(lengths, batch_tokens=24, num_buckets=num_buckets)
    planned = plan_batches(lengths, buckets, seed=seed, epoch=epoch)
    assert sorted(positions_of(planned)) == list(range(len(lengths)))
    for bucket, members in planned:
        assert bucket in buckets
        assert 0 < len(members) <= bucket.batch_size
        assert (lengths[members] <= (bucket.source_length, bucket.target_length)).all()
    short = [bucket for bucket, members in planned if len(members) < bucket.batch_size]
    assert short in ([], [buckets[-1]])
    again = plan_batches(lengths, buckets, seed=seed, epoch=epoch)
    assert positions_of(again) == positions_of(planned)
    assert [bucket for bucket, _ in again] == [bucket for bucket, _ in planned]


def test_another_epoch_and_another_seed_have_another_order() -> None:
    lengths = np.array([[length % 7 + 1] * 2 for length in range(200)])
    buckets = plan_buckets(lengths, batch_tokens=24, num_buckets=3)
    orders = [
        positions_of(plan_batches(lengths, buckets, seed=seed, epoch=epoch))
        for seed, epoch in ((1, 0), (1, 1), (2, 0), (0, 1))
    ]
    assert len({tuple(order) for order in orders}) == 4
    # The pairs in a batch and the batches are shuffled, not sorted by length.
    order = [bucket for bucket, _ in plan_batches(lengths, buckets, seed=1)]
    assert order != sorted(order)


def test_without_a_seed_pairs_keep_their_order_within_a_bucket() -> None:
    lengths = np.array([[2, 2], [5, 5], [2, 2], [5, 5], [2, 2]])
    buckets = [Bucket(2, 2, 2), Bucket(2, 5, 5)]
    planned = plan_batches(lengths, buckets)
    # Pair 4 remains of the short bucket and moves to the longer one.
    assert [members.tolist() for _, members in planned] == [[0, 2], [4, 1], [3]]


def test_padding_is_a_small_share_of_text_of_usual_lengths() -> None:
    generator = np.random.default_rng(0)
    source = np.clip(generator.poisson(14, 5000), 3, 50)
    lengths = np.stack([source, np.clip(source + generator.integers(-2, 4, 5000), 3, 50)], axis=1)
    buckets = plan_buckets(lengths, batch_tokens=1500, num_buckets=6)
    planned = plan_batches(lengths, buckets, seed=1)
    positions = [
        bucket.batch_size * (bucket.source_length + bucket.target_length) for bucket, _ in planned
    ]
    assert lengths.sum() / sum(positions) > 0.85
    assert min(positions) > 2700 and max(positions) <= 3000


def test_a_batch_is_padded_to_its_bucket_and_fed_one_token_late() -> None:
    pairs = TokenPairs(
        [np.array([7, 8, EOS]), np.array([9, EOS])], [np.array([4, EOS]), np.array([5, 6, 7, EOS])]
    )
    inputs, target_out = pairs.batch(Bucket(3, 4, 5), np.array([1, 0]))
    assert inputs["source"].tolist() == [[9, EOS, 0, 0], [7, 8, EOS, 0], [0, 0, 0, 0]]
    assert inputs["target_in"].tolist() == [[BOS, 5, 6, 7, 0], [BOS, 4, 0, 0, 0], [0] * 5]
    assert target_out.tolist() == [[5, 6, 7, EOS, 0], [4, EOS, 0, 0, 0], [0] * 5]
    assert PAD == 0
    assert {array.dtype for array in (*inputs.values(), target_out)} == {np.dtype(np.int32)}


def test_a_data_set_has_the_planned_batches_in_static_shapes() -> None:
    lengths = np.array([[length % 5 + 1, length % 3 + 1] for length in range(50)])
    pairs = pairs_of(lengths)
    buckets = plan_buckets(lengths, batch_tokens=20, num_buckets=3)
    planned = plan_batches(lengths, buckets, seed=3, epoch=2)
    found = list(dataset(pairs, planned).as_numpy_iterator())
    assert len(found) == len(planned) == int(dataset(pairs, planned).cardinality())
    seen: list[int] = []
    for (inputs, target_out), (bucket, members) in zip(found, planned, strict=True):
        assert inputs["source"].shape == (bucket.batch_size, bucket.source_length)
        assert inputs["target_in"].shape == (bucket.batch_size, bucket.target_length)
        assert target_out.shape == (bucket.batch_size, bucket.target_length)
        assert ((target_out != PAD).sum(axis=1)[: len(members)] == lengths[members, 1]).all()
        seen += members.tolist()
    assert sorted(seen) == list(range(50))


@pytest.mark.parametrize("start", [0, 1, 5, "all"])
def test_starting_late_is_the_same_as_skipping(start: Any) -> None:
    lengths = np.array([[length % 5 + 1, length % 3 + 1] for length in range(50)])
    pairs = pairs_of(lengths)
    planned = plan_batches(
        lengths, plan_buckets(lengths, batch_tokens=20, num_buckets=2), seed=3, epoch=2
    )
    start = len(planned) if start == "all" else start
    whole = list(dataset(pairs, planned).as_numpy_iterator())
    late = dataset(pairs, planned, start=start)
    assert int(late.cardinality()) == len(planned) - start
    for (inputs, targets), (other_inputs, other_targets) in zip(
        late.as_numpy_iterator(), whole[start:], strict=True
    ):
        assert (inputs["source"] == other_inputs["source"]).all()
        assert (inputs["target_in"] == other_inputs["target_in"]).all()
        assert (targets == other_targets).all()


def test_pairs_are_selected_by_position() -> None:
    pairs = pairs_of([(2, 3), (4, 5), (6, 7)])
    selected = pairs.select(np.array([2, 0]))
    assert len(selected) == 2
    assert selected.lengths.tolist() == [[6, 7], [2, 3]]
    assert selected.sources[0] is pairs.sources[2]
    assert pairs.select(np.zeros(0, np.int64)).lengths.shape == (0, 2)


def test_a_pair_that_grew_too_long_is_replaced_whole() -> None:
    grown = pairs_of([(2, 9), (9, 2), (3, 3)])
    best = pairs_of([(1, 5), (5, 1), (1, 1)])
    assert grown.replace_long(5, best).lengths.tolist() == [[1, 5], [5, 1], [3, 3]]


def test_the_encoder_adds_eos_to_each_side_and_samples_by_seed() -> None:
    lines = [f"{first}{second} {second}{first}" for first in "bdklmn" for second in "aeiou"] * 3
    tokenizer = train_tokenizer(lines, kind="characters", vocabulary_size=300)
    pairs = [(line, line[::-1]) for line in lines]
    encoder = PairEncoder(tokenizer, tokenizer)
    found = encoder.encode(pairs)
    assert {int(ids[-1]) for ids in (*found.sources, *found.targets)} == {EOS}
    assert tokenizer.decode(found.sources) == [source for source, _ in pairs]
    assert tokenizer.decode(found.targets) == [target for _, target in pairs]
    same = encoder.sample(pairs, seed=5)  # off: the most probable segmentation
    assert all((a == b).all() for a, b in zip(same.sources, found.sources, strict=True))


def test_source_and_target_are_sampled_differently() -> None:
    lines = [f"{a}{b}{c}{a} {c}{b}{a}" for a in "bdklmn" for b in "aeiou" for c in "rstv"]
    tokenizer = train_tokenizer(lines, vocabulary_size=300)
    encoder = PairEncoder(tokenizer, tokenizer, subword_regularization=0.1)
    drawn = [encoder.sample([(line, line) for line in lines], seed=seed) for seed in (1, 1, 2)]

    def ids(sides: Any) -> list[list[int]]:
        return [side.tolist() for side in sides]

    assert ids(drawn[0].sources) == ids(drawn[1].sources)
    assert ids(drawn[0].targets) == ids(drawn[1].targets)
    assert ids(drawn[0].sources) != ids(drawn[2].sources)
    assert ids(drawn[0].sources) != ids(drawn[0].targets)
    assert tokenizer.decode(drawn[0].targets) == lines
