"""The constraints of sentences as text: written in Python, read in the graph."""

import tensorflow as tf

from nlp_apps.export.graph_text.graph_alignment import MAX_CHARACTERS, read_constraints
from nlp_apps.text.constrained_text import Constraint
from nlp_apps.text.constraint_lines import to_lines
from nlp_apps.text.protected_spans import MAX_SPANS

CONSTRAINTS = [
    [
        Constraint(0, 3, "Tom", "a\tb \\1 <\U0001f634>", True, False, True),
        Constraint(12, 340, "é\tx", "é\tx", False, True, False),
    ],
    [],
    [Constraint(5, 6, "X", "9", False, False, False)],
]


def test_the_graph_reads_the_lines_of_python():
    found = read_constraints(tf.constant(list(map(to_lines, CONSTRAINTS))))
    assert found.places.numpy().tolist() == [[0, 0], [0, 1], [2, 0]]
    columns = [
        *(found.starts, found.ends, found.targets, found.outputs),
        *(found.is_reserved, found.is_capital, found.is_attached),
    ]
    values = [
        [one.decode() if isinstance(one, bytes) else one for one in column.numpy().tolist()]
        for column in columns
    ]
    rows = list(zip(*values, strict=True))
    assert rows == [tuple(one) for sentence in CONSTRAINTS for one in sentence]


def test_faulty_lines_and_those_above_the_limits_are_dropped():
    faulty = [
        "",
        "x",
        "0\t1\t000",
        "1\t1\t00\t1\ta",
        "-1\t1\t000\t1\ta",
        "\t" * 9,
        "0\t1\t000\t1\t",
    ]
    many = to_lines([Constraint(0, 1, "X", "y", False, False, False)] * (MAX_SPANS + 3))
    long = to_lines([Constraint(0, 1, "x" * 500, "y", False, False, False)] * 9)
    found = read_constraints(tf.constant([*faulty, "\n".join(faulty), many, long]))
    assert found.places[:MAX_SPANS].numpy().tolist() == [
        [len(faulty) + 1, number] for number in range(MAX_SPANS)
    ]
    assert len(found.starts) == MAX_SPANS + MAX_CHARACTERS // 500
    assert read_constraints(tf.constant([b"0\t1\t000\t9\t\xff\xc3"])).targets.numpy()[0].decode()
