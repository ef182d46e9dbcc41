"""Tests of nlp_apps.inspection.duplicates."""

from tests.inspection.made import clean, corpus, inspect, kinds, labelled, only, pairs


def test_text_without_faults_has_no_findings():
    found = inspect("sentiment", train=labelled(*clean()))
    assert found.findings == ()


def test_rows_that_repeat_are_counted_with_the_line_of_the_first():
    rows = [*clean(), "good|THE  soup was good. It was number 0.", "good|Once.", "good|Once."]
    found = only(inspect("sentiment", train=labelled(*rows)), "duplicates")
    assert (found.count, found.severity) == (2, "note")
    assert "1 exactly, 1 except for case or spaces" in found.message
    assert [(one.line, one.remark) for one in found.instances] == [
        (61, "repeats train.tsv, line 1"),
        (63, "repeats train.tsv, line 62"),
    ]


def test_many_repeated_rows_are_a_warning():
    found = inspect("sentiment", train=labelled(*clean(), *clean()[:10]))
    assert only(found, "duplicates").severity == "warning"


def test_several_translations_of_a_sentence_are_no_duplicates():
    assert "duplicates" not in kinds(inspect("translation", train=pairs("Go.|Va !", "Go.|Allez !")))


def test_texts_of_two_splits_are_a_warning_with_both_lines():
    train = labelled(*clean())
    test = labelled("bad|New.", "bad|the film was bad. it was number 4.", name="test.tsv")
    found = only(inspect("sentiment", train=train, test=test), "leak")
    assert (found.severity, found.count) == ("warning", 1)
    assert "1 of 2 texts (50%) of test is also in train" in found.message
    (one,) = found.instances
    assert (one.file, one.line, one.remark) == ("test.tsv", 2, "also train.tsv, line 5")


def test_a_leak_is_that_of_the_source_for_pairs():
    train, test = pairs("Go.|Va !", "Stop.|Halte !"), pairs("Go.|Allez !", name="test.tsv")
    assert only(inspect("translation", train=train, test=test), "leak").count == 1


def test_one_text_with_two_labels_is_a_warning():
    found = inspect(
        "sentiment", train=labelled(*clean(), "bad|The soup was good. It was number 0.")
    )
    conflict = only(found, "conflicting_labels")
    assert conflict.count == 1
    assert conflict.instances[0].remark == "'bad', but 'good' in train.tsv, line 1"


def test_short_lines_of_a_book_may_repeat_but_long_ones_are_counted():
    verse = "To be, or not to be, that is the question."
    book = corpus([f"HAMLET:\n{verse}\n\nHAMLET:\n{verse}\n"], "book.txt")
    found = only(inspect("generation", train=book), "duplicates")
    assert found.count == 1
    assert [one.line for one in found.instances] == [5]
