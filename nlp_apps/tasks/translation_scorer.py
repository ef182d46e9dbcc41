"""Scores of a translator and of its baselines: loss, BLEU and chrF, also by target language.

Letters in shapes: B batch, S source length, T target length.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.errors import WorkError
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.metrics.baselines.translation_memory import translation_memory
from nlp_apps.metrics.bleu import bleu, chrf, tokenizer_of
from nlp_apps.metrics.output_scores import scores_of_kind
from nlp_apps.recipe.schema import TranslationRecipe
from nlp_apps.results import perplexity
from nlp_apps.text.batches.buckets import Bucket, dataset, plan_batches, plan_buckets
from nlp_apps.text.batches.token_pairs import PairEncoder, TokenPairs
from nlp_apps.text.corpus import Pair
from nlp_apps.text.language_examples import by_language
from nlp_apps.text.storage.concatenated import Concatenated
from nlp_apps.training.losses import cross_entropy
from nlp_apps.workers.worker_group import SINGLE, WorkerGroup

MEANS = ("bleu", "chrf")
"""Scores of several target languages whose mean is the score of the translator."""


MAX_BATCH_TOKENS = 1_000
"""Most positions of a batch whose loss is computed: its logits are the largest array of all."""


class TranslationScorer:
    """Scores a translator on sentence pairs; may be called after every evaluation.

    Args:
        translator: the predictor, whose model is scored as it is at each call.
        recipe: its recipe.
        pairs: source and reference.
        workers: the processes that share out the work.
    """

    def __init__(
        self,
        translator: TextTranslator,
        recipe: TranslationRecipe,
        pairs: Sequence[Pair],
        workers: WorkerGroup = SINGLE,
    ):
        self.translator, self.workers, self.kind = translator, workers, recipe.data.kind
        language = recipe.data.language_of_targets
        self.parts = {code: list(part) for code, part in by_language(pairs, language).items()}
        encoded = self._encode()
        buckets = plan_buckets(
            encoded.lengths,
            batch_tokens=max(
                min(recipe.training.batch_tokens, MAX_BATCH_TOKENS), int(encoded.lengths.max())
            ),
            num_buckets=24,  # little padding; `_losses` compiles no shapes
        )
        self.encoded, self.planned = encoded, plan_batches(encoded.lengths, buckets)
        token_ids = tf.TensorSpec((None, None), tf.int32)
        self._losses = tf.function(
            self._batch_loss,
            autograph=False,
            input_signature=[{"source": token_ids, "target_in": token_ids}, token_ids],
        )

    def _encode(self) -> TokenPairs:
        translator = self.translator
        tags = translator.targets.tags
        found = []
        for code, pairs in self.parts.items():
            if tags and code not in tags:
                raise WorkError(
                    f"the text has the language {code}, which the model does not have; it has "
                    f"{', '.join(tags)}."
                )
            encoder = PairEncoder(
                translator.source_tokenizer,
                translator.target_tokenizer,
                tag=tags.get(code),
            )
            found.append(encoder.encode(pairs))
        if len(found) == 1:
            return found[0]
        return TokenPairs(
            Concatenated([part.sources for part in found]),
            Concatenated([part.targets for part in found]),
        )

    def _batch_loss(
        self, inputs: Mapping[str, tf.Tensor], targets: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        losses = cross_entropy(self.translator.model(inputs, training=False), targets)
        return tf.reduce_sum(losses), tf.math.count_nonzero(targets)

    def loss(self) -> float:
        """Returns the mean cross-entropy per target token, EOS included, in nats; no smoothing."""
        total, count = 0.0, 0
        for loss, tokens in self.workers.spread(self._losses_of, self.planned):
            total, count = total + loss, count + tokens  # `sum` of Python 3.12 has other bits
        return total / max(count, 1)

    def _losses_of(self, planned: Sequence[tuple[Bucket, np.ndarray]]) -> list[tuple[float, int]]:
        """Returns the sum of the losses and the number of tokens of each batch."""
        found = []
        for inputs, targets in dataset(self.encoded, planned):
            loss, tokens = self._losses(inputs, targets)
            found.append((float(loss), int(tokens)))
        return found

    def score(self, *, with_errors: bool = False) -> dict[str, Any]:
        """Returns loss, perplexity, BLEU and chrF with their signatures, and the scores of a kind.

        Args:
            with_errors: whether to add the standard errors of BLEU and chrF.
        """
        rows = [(pair.source, code) for code, pairs in self.parts.items() for pair in pairs]
        translations = self.workers.spread(self._translate, rows)
        loss = self.loss()
        found: dict[str, dict[str, Any]] = {}
        start = 0
        for code, pairs in self.parts.items():
            part = translations[start : start + len(pairs)]
            start += len(pairs)
            references = [pair.target for pair in pairs]
            of_kind = scores_of_kind(self.kind, part, references, with_errors=with_errors)
            found[code] = of_kind | _scores(part, references, code, with_errors=with_errors)
        scores = dict(next(iter(found.values()))) if len(found) == 1 else _mean_scores(found)
        facts = {
            "loss": loss,
            "perplexity": perplexity(loss),
            "sentences": len(rows),
            "beam_size": self.translator.decoding.beam_size,
        }
        head = {key: scores.pop(key) for key in ("bleu", "bleu_tokenizer", "chrf")}
        if len(self.translator.targets.tags) > 1:
            scores["languages"] = {
                code: {key: value for key, value in one.items() if not key.endswith("_signature")}
                for code, one in found.items()
            }
        return {**head, **facts, **scores}

    def _translate(self, rows: Sequence[tuple[str, str]]) -> list[str]:
        """Translates texts into the languages beside them."""
        texts = [text for text, _ in rows]
        has_tags = bool(self.translator.targets.tags)
        to = [code for _, code in rows] if has_tags else None
        return [found.text for found in self.translator.translate(texts, to)]


def _scores(
    translations: Sequence[str], references: Sequence[str], code: str, *, with_errors: bool
) -> dict[str, Any]:
    """Returns BLEU and chrF of translations into one language."""
    bleu_score = bleu(translations, references, code, with_error=with_errors)
    chrf_score = chrf(translations, references, with_error=with_errors)
    scores = {
        "bleu": bleu_score.value,
        "bleu_tokenizer": tokenizer_of(bleu_score.signature),
        "chrf": chrf_score.value,
        "bleu_signature": bleu_score.signature,
        "chrf_signature": chrf_score.signature,
    }
    if with_errors:
        scores["bleu_standard_error"] = bleu_score.standard_error
        scores["chrf_standard_error"] = chrf_score.standard_error
    return scores


def _mean_scores(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Returns the mean over languages, whose standard errors are independent."""
    scores: dict[str, Any] = {}
    for key in next(iter(found.values())):
        values = [one[key] for one in found.values()]
        if isinstance(values[0], float) and not key.endswith("_standard_error"):
            scores[key] = math.fsum(values) / len(values)
        elif key.endswith("_standard_error"):
            scores[key] = math.sqrt(math.fsum(value * value for value in values)) / len(values)
        else:
            scores[key] = ", ".join(dict.fromkeys(values))
    return scores


def baseline_scores(
    train: Sequence[Pair], pairs: Sequence[Pair], language: str
) -> dict[str, dict[str, float]]:
    """Scores a copy of the source, and the translation of the most similar training source.

    Args:
        train: the training pairs.
        pairs: the pairs to score.
        language: code of the only target language; empty if it is not known.

    Returns:
        BLEU and chrF by name of the baseline; of several target languages, their means, and those
        of each language as `bleu_fr`.
    """
    trained, found = by_language(train), dict[str, dict[str, dict[str, float]]]()
    parts = by_language(pairs, language)
    for code, part in parts.items():
        known = trained.get(code, train)
        texts, references = [pair.source for pair in part], [pair.target for pair in part]
        translations = {
            "source_copy": texts,
            "translation_memory": translation_memory(
                [pair.source for pair in known], [pair.target for pair in known], texts
            ),
        }
        for name, written in translations.items():
            found.setdefault(name, {})[code] = {
                "bleu": bleu(written, references, code).value,
                "chrf": chrf(written, references).value,
            }
    return {name: _with_mean(scores) for name, scores in found.items()}


def _with_mean(found: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Returns the mean scores, and of several languages each one's."""
    if len(found) == 1:
        return dict(next(iter(found.values())))
    means = {key: math.fsum(one[key] for one in found.values()) / len(found) for key in MEANS}
    by_code = {f"{key}_{code}": one[key] for code, one in found.items() for key in MEANS}
    return {**means, **by_code}
