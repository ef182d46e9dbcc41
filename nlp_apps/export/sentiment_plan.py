"""The export plan of a classifier: signatures, and modes of comparison."""

import itertools
from collections.abc import Iterator, Sequence

from nlp_apps.export.parity import Prediction
from nlp_apps.export.plan import ExportPlan, PredictionMode, QualityGate, parity_texts
from nlp_apps.export.saved_model.sentiment_signatures import SentimentSignatures
from nlp_apps.export.tflite.lite_sentiment import LiteSentiment
from nlp_apps.inference.learning_classifier import LearningClassifier
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.results import compared_output
from nlp_apps.tasks.sentiment_task import SentimentTask
from nlp_apps.text.corpus import Corpus, LabelledText
from nlp_apps.text.label_sets import join_labels, split_labels
from nlp_apps.training.run_folder import RunFolder

MAX_ACCURACY_LOSS = 0.3
"""Allowed loss of validation accuracy with quantized weights, in percentage points."""

MAX_F1_LOSS = 0.5
"""The same of micro-F1: many texts have a label whose probability is near its threshold."""


def sentiment_plan(
    task: SentimentTask, run: RunFolder, corpora: dict[str, Corpus[LabelledText]]
) -> ExportPlan:
    """Returns the export plan of a classifier, whose labels and probabilities are compared.

    Args:
        task: the trained task.
        run: its run folder.
        corpora: text to compare with; "validation" is one of the splits.
    """
    recipe, classifier = task.recipe, task.predictor()
    examples = [one for one in corpora["validation"].examples if one.source.strip()]

    thresholds = task.calibration.thresholds
    is_multi_label = thresholds is not None

    def accuracy(predictions: Sequence[Prediction]) -> float:
        pairs = zip(predictions, examples, strict=True)
        return 100.0 * sum(found.output == one.label for found, one in pairs) / len(examples)

    def micro_f1(predictions: Sequence[Prediction]) -> float:
        hits = totals = 0
        for found, one in zip(predictions, examples, strict=True):
            sets = set(split_labels(found.output)), set(split_labels(one.label))
            hits += len(sets[0] & sets[1])
            totals += sum(map(len, sets))
        return 100.0 * 2 * hits / max(totals, 1)

    return ExportPlan(
        run=run,
        recipe=recipe,
        num_parameters=task.model.count_params(),
        signatures=lambda: SentimentSignatures(classifier),
        lite=lambda: LiteSentiment(classifier, recipe.export),
        metadata={
            "labels": list(task.labels),
            "max_length": classifier.max_length,
            **({"thresholds": list(thresholds)} if is_multi_label else {}),
        },
        modes=[
            _probabilities_mode(classifier),
            *([] if is_multi_label else [_learning_mode(LearningClassifier(classifier))]),
        ],
        texts=parity_texts(corpora, lambda example: [example.source]),
        quality=QualityGate(
            name="micro_f1" if is_multi_label else "accuracy",
            mode="probabilities",
            texts=[one.source for one in examples],
            measure=micro_f1 if is_multi_label else accuracy,
            allowed_loss=MAX_F1_LOSS if is_multi_label else MAX_ACCURACY_LOSS,
            higher_is_better=True,
        ),
    )


def _probabilities_mode(classifier: TextClassifier) -> PredictionMode:
    def predict(texts: Sequence[str]) -> Iterator[Prediction]:
        for found in classifier.classify(texts):
            yield Prediction(compared_output(found), tuple(found.probabilities.values()))

    def predict_saved(model: SavedModel, texts: Sequence[str], size: int) -> Iterator[Prediction]:
        for row in model.rows("probabilities", texts, batch_size=size):
            if "selected" in row:  # several labels a text
                best = join_labels(itertools.compress(row["labels"], row["selected"]))
            else:
                best = max(zip(row["probabilities"], row["labels"], strict=True))[1]
            yield Prediction(best, tuple(row["probabilities"]))

    return PredictionMode("probabilities", predict, predict_saved)


def _learning_mode(classifier: LearningClassifier) -> PredictionMode:
    """Returns the mode of a classifier that learns a label of each compared text."""

    def predict(texts: Sequence[str]) -> Iterator[Prediction]:
        classifier.forget()
        labels = classifier.classifier.labels
        for place, text in enumerate(texts):
            classifier.learn(text, labels[place % len(labels)])
            (found,) = classifier.classify([text])
            yield Prediction(found.label, tuple(found.probabilities.values()))

    return PredictionMode("learned", predict, None, tolerance=1e-3)
