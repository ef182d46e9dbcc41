"""A translator of a few hundred weights that reads characters."""

from collections.abc import Sequence
from typing import Any

from nlp_apps.recipe.schema import TranslationRecipe
from nlp_apps.tasks.translation_task import TranslationTask
from nlp_apps.text.corpus import Corpus, Pair
from nlp_apps.text.tokenizer import train_tokenizer


def make_task(pairs: Sequence[Pair], **sections: dict[str, Any]) -> TranslationTask:
    """Returns a task that trains and validates on the pairs; `sections` are those of its recipe."""
    recipe = TranslationRecipe.model_validate(
        {
            "task": "translation",
            **sections,
            "data": {"train": "train.tsv", **sections.get("data", {})},
            "model": {
                **{"embedding_size": 8, "units": 12, "num_layers": 1},
                **sections.get("model", {}),
            },
        }
    )
    task = TranslationTask(recipe)
    texts = [text for pair in pairs for text in pair]
    tokenizer = train_tokenizer(texts, kind="characters", vocabulary_size=300)
    task.source_tokenizer = task.target_tokenizer = tokenizer
    task.build_model()
    corpus = Corpus(pairs, 0, "", ["train.tsv"])
    task.load_training_data({"train": corpus, "validation": corpus})
    return task
