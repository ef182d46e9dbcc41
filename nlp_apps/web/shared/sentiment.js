/** The view of a classifier. */

import { bars } from "./bars.js";
import { element, fill } from "./dom.js";
import { live } from "./predict-on-input.js";
import { milliseconds, percent, roughly } from "./number-format.js";
import { textField } from "./text-field.js";
import { tellingLine } from "./highlighted-text.js";
import { join, sum } from "./words.js";

const HINT = "Point at a word, or use the arrow keys.";

/** Opens the view; gives what closes it. */
export function openSentiment(place, model, { failed, kept }) {
  const parts = fill(place, "sentiment");

  async function judge(text, signal) {
    if (!text.trim()) return clear();
    const { answer, time } = await model.ask("probabilities", { text }, signal);
    if (!Math.max(...answer.probabilities)) return clear(); // nothing but markup
    const rows = answer.labels.map((name, index) => ({ name, share: answer.probabilities[index] }));
    const best = answer.probabilities.indexOf(Math.max(...answer.probabilities));
    parts.label.textContent = rows[best].name;
    parts.label.classList.remove("empty");
    parts.note.textContent = answer.note ?? "";
    parts.bars.replaceChildren(...bars(rows, best));
    parts.figures.textContent = `answered in ${milliseconds(time)}`;
    failed(null);

    try {
      const { pieces, weights } = (await model.ask("attend", { text }, signal)).answer;
      showWeights(parts.weights, pieces, weights);
      parts.weights.hidden = false;
    } catch (error) {
      if (signal.aborted) return;
      parts.weights.hidden = true; // The judgement stays.
      failed(error, asking.ask);
    }
  }

  function clear() {
    parts.label.textContent = "The judgement appears here as you type.";
    parts.label.classList.add("empty");
    parts.bars.replaceChildren();
    parts.note.textContent = parts.figures.textContent = "";
    parts.weights.hidden = true;
    failed(null);
  }

  const asking = live(parts.text, judge, {
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

/** The words of the text, tinted by the share of attention that each had, and as a table. */
function showWeights(place, pieces, weights) {
  const words = join(pieces.filter((piece) => piece)).map((word) => {
    const weight = sum(word, weights);
    return { ...word, weight, tip: `had ${roughly(weight)} of the attention` };
  });
  const most = Math.max(...words.map((word) => word.weight), 1e-9);
  const { line, told, tint } = tellingLine(words, "Words of the text", HINT);
  tint(words.map((word) => word.weight / most));
  const rows = words.map((word) => element(
    "tr",
    {},
    element("th", { scope: "row", dir: "auto" }, word.text),
    element("td", {}, percent(word.weight)),
  ));
  place.replaceChildren(
    element("h2", {}, "Where it looked"),
    element("p", { class: "pale" }, "The stronger the tint, the more of the attention a word had."),
    element("div", { class: "card lines" }, told, line),
    element(
      "details",
      {},
      element("summary", {}, "As a table"),
      element("table", { class: "rows" }, element("tbody", {}, ...rows)),
    ),
  );
}
