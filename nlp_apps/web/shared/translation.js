/** The view of a translator. */

import { showAttention } from "./attention.js";
import { bars } from "./bars.js";
import { fill } from "./dom.js";
import { live } from "./predict-on-input.js";
import { milliseconds, percent } from "./number-format.js";
import { textField } from "./text-field.js";

/** Opens the view; gives what closes it. */
export function openTranslation(place, model, { failed, kept }) {
  const parts = fill(place, "translation");
  const [source, target] = model.card.languages ?? [];
  name(parts.source, parts.text, source, "Text");
  name(parts.target, parts.translation, target, "Translation");
  const canAlign = "align" in model.signatures;

  async function translate(text, signal) {
    if (!text.trim()) return clear();
    const signature = canAlign ? "align" : "serving_default";
    const { answer, time } = await model.ask(signature, { text }, signal);
    parts.translation.textContent = answer.translation;
    parts.translation.classList.remove("empty");
    parts.note.textContent = answer.note ?? "";
    const probability = percent(Math.exp(answer.score));
    parts.figures.textContent =
      `${probability} probability per token · answered in ${milliseconds(time)}`;
    if (canAlign) showAttention(parts.attention, answer);
    parts.attention.hidden = !canAlign;
    failed(null);

    try {
      showOthers((await model.ask("nbest", { text }, signal)).answer, answer.translation);
    } catch (error) {
      if (signal.aborted) return;
      parts.alternatives.hidden = true; // The translation stays.
      failed(error, asking.ask);
    }
  }

  function showOthers({ translations, scores }, translation) {
    const rows = translations.map((name, index) => ({ name, share: Math.exp(scores[index]) }));
    const others = othersThan(translation, rows);
    parts.list.replaceChildren(...bars(others));
    parts.alternatives.hidden = !others.length;
  }

  function clear() {
    parts.translation.textContent = "The translation appears here as you type.";
    parts.translation.classList.add("empty");
    parts.note.textContent = parts.figures.textContent = "";
    parts.alternatives.hidden = true;
    parts.attention.hidden = true;
    failed(null);
  }

  const asking = live(parts.text, translate, {
    busy: (is) => parts.answer.setAttribute("aria-busy", is),
    failed: (error) => {
      clear();
      failed(error, asking.ask);
    },
  });
  textField(parts, kept, asking.ask);
  asking.ask();
  return asking.stop;
}

/** The rows that say something else than a text, and than each other: more than other blanks. */
function othersThan(text, rows) {
  const plain = (said) => said.replace(/\s+/g, " ");
  const all = [text, ...rows.map((row) => row.name)].map(plain);
  return rows.filter((_, index) => all.indexOf(all[index + 1]) === index + 1);
}

/** Names a language, where the model knows it, and lets the browser read in it. */
function name(label, text, language, otherwise) {
  label.textContent = otherwise;
  if (!language) return;
  try {
    label.textContent = new Intl.DisplayNames("en", { type: "language" }).of(language);
    text.lang = language;
  } catch {
    label.textContent = language; // A name that is no language code.
  }
}
