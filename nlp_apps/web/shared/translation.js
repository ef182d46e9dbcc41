/** The view of a translator. */

import { showAttention } from "./attention.js";
import { bars } from "./bars.js";
import { element, render } from "./dom.js";
import { examplesOf } from "./examples.js";
import { openGlossary } from "./glossary-field.js";
import { noteOf } from "./long-text.js";
import { milliseconds, percent } from "./number-format.js";
import { predictOnInput } from "./predict-on-input.js";
import { openSharing } from "./sharing.js";
import { textField } from "./text-field.js";

/** Opens the view; returns a function that closes it. */
export function openTranslation(container, model, { showError, saved }) {
  const parts = render(container, "translation");
  const [source, target] = model.metadata.languages ?? [];
  setLanguage(parts.source, parts.text, source, "Text");
  setLanguage(parts.target, parts.translation, target, "Translation");
  const targets = Object.keys(model.metadata.target_languages ?? {});
  const hasAttention = "align" in model.signatures;
  let glossary; // The field; undefined without the signature `constrained`.

  async function translate(text, signal) {
    const terms = glossary?.read();
    if (!text.trim()) return clear();
    const inputs = {
      text,
      ...(targets.length && { to: parts.to.value }),
      ...(terms && { glossary: terms }),
    };
    const signature = terms ? "constrained" : "nbest";
    const { prediction, time } = await model.predict(signature, inputs, signal);
    const [translation] = prediction.translations;
    parts.translation.textContent = translation;
    parts.translation.classList.remove("empty");
    parts.note.textContent = noteOf(prediction, "translation");
    const probability = percent(Math.exp(prediction.scores[0]));
    parts.stats.textContent = `${probability} probability per token · ${milliseconds(time)}`;
    showAlternatives(prediction, translation);
    showError(null);

    if (!hasAttention) return;
    try {
      const { prediction: aligned } = await model.predict("align", inputs, signal);
      // A server aligns the whole text as one sentence, without its glossary, so its translation
      // may be another one. With terms or protected spans, the browser has no attention.
      const isSame = Boolean(aligned.attention) && aligned.translation === translation;
      if (isSame) showAttention(parts.attention, aligned);
      parts.attention.hidden = !isSame;
    } catch (error) {
      if (signal.aborted) return;
      parts.attention.hidden = true; // The translation stays.
      showError(error, predictions.run);
    }
  }

  function showAlternatives({ translations, scores }, translation) {
    const probabilities = scores.map(Math.exp);
    const rows = translations.map((name, index) => ({ name, probability: probabilities[index] }));
    const others = distinct(rows, translation);
    parts.list.replaceChildren(...bars(others));
    parts.alternatives.hidden = !others.length;
  }

  function clear() {
    parts.translation.textContent = "The translation appears here as you type.";
    parts.translation.classList.add("empty");
    parts.note.textContent = parts.stats.textContent = "";
    parts.alternatives.hidden = true;
    parts.attention.hidden = true;
    showError(null);
  }

  const predictions = predictOnInput(parts.text, translate, {
    setBusy: (isBusy) => parts.prediction.setAttribute("aria-busy", isBusy),
    showError: (error) => {
      clear();
      showError(error, predictions.run);
    },
  });
  if ("constrained" in model.signatures) glossary = openGlossary(parts, saved, predictions);
  if (targets.length) targetList(parts, targets, saved, predictions.run);
  textField(parts, saved, predictions.run, examplesOf(model.metadata));
  openSharing(parts, () => {
    const { classList, textContent } = parts.translation;
    return classList.contains("empty") ? "" : textContent;
  }, () => ({
    text: parts.text.value,
    ...(targets.length && { to: parts.to.value }),
    glossary: parts.terms.value,
  }));
  predictions.run();
  return predictions.stop;
}

/** Returns the rows that differ from a text and from each other by more than white space. */
function distinct(rows, text) {
  const texts = [text, ...rows.map((row) => row.name)];
  const normalized = texts.map((one) => one.replace(/\s+/g, " "));
  return rows.filter((_, index) => normalized.indexOf(normalized[index + 1]) === index + 1);
}

/** Fills the list of target languages, and keeps the selected one between views. */
function targetList({ to, translation }, targets, saved, run) {
  for (const code of targets) to.append(element("option", { value: code }, nameOf(code)));
  if (targets.includes(saved.to)) to.value = saved.to;
  const select = () => {
    saved.to = translation.lang = to.value;
  };
  to.addEventListener("change", () => {
    select();
    run();
  });
  to.hidden = false;
  select();
}

/** Labels a field with its language, and sets the field's `lang`. */
function setLanguage(label, field, language, fallback) {
  label.textContent = language ? nameOf(language) : fallback;
  if (language) field.lang = language;
}

/** Returns the English name of a language code, or the code itself. */
function nameOf(code) {
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(code);
  } catch {
    return code;
  }
}
