/** Texts to try, where the language of a model is known. */

const TRANSLATION = {
  en: ["Where is the station?", "I would like a cup of tea."],
  fr: ["Où est la gare ?", "Je voudrais une tasse de thé."],
  de: ["Ein Mann liest eine Zeitung.", "Zwei Hunde spielen im Schnee."],
};
const OPINIONS = ["The soup was cold, but the staff were kind.", "I would come again."];
const OPINION_LABELS = new Set(["negative", "mixed", "neutral", "positive", "neg", "pos"]);
const PROMPTS = {
  "generation-shakespeare": ["ROMEO:", "What light"],
  "generation-tales": ["Once", "The old"],
  "generation-tatoeba-en": ["I would like to", "Where is"],
};

/** Returns texts to try with a model; none if its language is unknown. */
export function examplesOf({ task, languages, labels, recipe }) {
  if (task === "translation") return ownValue(TRANSLATION, languages?.[0]) ?? [];
  if (task === "generation") return ownValue(PROMPTS, recipe) ?? [];
  return labels?.every((label) => OPINION_LABELS.has(label)) ? OPINIONS : [];
}

/** A recipe may have the name "constructor". */
function ownValue(values, key) {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}
