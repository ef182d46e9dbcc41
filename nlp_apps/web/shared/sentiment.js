/** The view of a classifier. */

import { bars } from "./bars.js";
import { element, render } from "./dom.js";
import { examplesOf } from "./examples.js";
import { describedText } from "./highlighted-text.js";
import { noteOf } from "./long-text.js";
import { milliseconds, percent, wholePercent } from "./number-format.js";
import { openLearning } from "./learning.js";
import { predictOnInput } from "./predict-on-input.js";
import { openSharing } from "./sharing.js";
import { textField } from "./text-field.js";
import { join, sum } from "./words.js";

const NO_LABEL = "No label reaches its threshold.";
const HINT = "Hover over a word, or use the arrow keys.";

/** Opens the view; returns a function that closes it. */
export function openSentiment(container, model, { showError, saved }) {
  const parts = render(container, "sentiment");

  async function classify(text, signal) {
    if (!text.trim()) return clear();
    const { prediction, time } = await model.predict("probabilities", { text }, signal);
    const { labels, probabilities, thresholds } = prediction;
    const highest = Math.max(...probabilities);
    if (!highest) return clear(); // only markup
    const best = probabilities.indexOf(highest);
    let rows = labels.map((name, index) => {
      const [probability, threshold] = [probabilities[index], thresholds?.[index]];
      return { name, probability, threshold, isBest: index === best };
    });
    let names = labels[best];
    if (thresholds) {
      rows = rows.map((row) => ({ ...row, isBest: row.probability >= row.threshold }));
      rows.sort((one, other) => other.probability - one.probability);
      names = rows.filter((row) => row.isBest).map((row) => row.name).join(", ");
    }
    parts.label.textContent = names || NO_LABEL;
    parts.label.classList.toggle("empty", !names);
    parts.note.textContent = noteOf(prediction, "sentiment");
    parts.bars.replaceChildren(...bars(rows));
    parts.stats.textContent = milliseconds(time);
    learning?.show(true);
    showError(null);

    try {
      const { pieces, weights } = (await model.predict("attend", { text }, signal)).prediction;
      showWeights(parts.attention, pieces, weights);
      parts.attention.hidden = false;
    } catch (error) {
      if (signal.aborted) return;
      parts.attention.hidden = true; // The label stays.
      showError(error, predictions.run);
    }
  }

  function clear() {
    parts.label.textContent = "The prediction appears here as you type.";
    parts.label.classList.add("empty");
    parts.bars.replaceChildren();
    parts.note.textContent = parts.stats.textContent = "";
    parts.attention.hidden = true;
    learning?.show(false);
    showError(null);
  }

  const predictions = predictOnInput(parts.text, classify, {
    setBusy: (isBusy) => parts.prediction.setAttribute("aria-busy", isBusy),
    showError: (error) => {
      clear();
      showError(error, predictions.run);
    },
  });
  const learning = model.learning && openLearning(parts, model, {
    showError, onChange: predictions.run,
  });
  textField(parts, saved, predictions.run, examplesOf(model.metadata));
  openSharing(parts, () => {
    const { classList, textContent } = parts.label;
    return classList.contains("empty") ? "" : textContent;
  }, () => ({ text: parts.text.value }));
  predictions.run();
  return predictions.stop;
}

/** Renders the attention weight of each word: highlighted, and as a table. */
function showWeights(container, pieces, weights) {
  const words = join(pieces.filter((piece) => piece)).map((word) => {
    const weight = sum(word, weights);
    return { ...word, weight, tip: `received ${wholePercent(weight)} of the attention` };
  });
  const max = Math.max(...words.map((word) => word.weight), 1e-9);
  const { line, description, highlight } = describedText(words, "Words of the text", HINT);
  highlight(words.map((word) => word.weight / max));
  const rows = words.map((word) => element(
    "tr",
    {},
    element("th", { scope: "row", dir: "auto" }, word.text),
    element("td", {}, percent(word.weight)),
  ));
  container.replaceChildren(
    element("h2", {}, "Attention"),
    element("p", { class: "muted" }, "A stronger highlight means more attention."),
    element("div", { class: "card lines" }, description, line),
    element(
      "details",
      {},
      element("summary", {}, "Table of weights"),
      element("table", { class: "rows" }, element("tbody", {}, ...rows)),
    ),
  );
}
