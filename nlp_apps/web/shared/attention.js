/** The attention of a translation: highlighted words, and all weights as a heatmap. */

import { element } from "./dom.js";
import { heatmap } from "./heatmap.js";
import { highlightedText, selectableText } from "./highlighted-text.js";
import { wholePercent } from "./number-format.js";
import { joinSentence, meanRows, sum } from "./words.js";

const MAX_CELLS = 8000; // Larger tables are slow and unreadable.
const NUM_NAMED = 3; // Source words named for each word of the translation.

/**
 * Renders the outputs of the signature `align`.
 *
 * The weight of a source word is the sum over its subwords. The row of a target word is the mean
 * over its subwords.
 */
export function showAttention(container, { source_pieces, target_pieces, attention }) {
  const source = joinSentence(source_pieces);
  const target = joinSentence(target_pieces);
  const sums = attention.map((row) => source.map((word) => sum(word, row)));
  const weights = meanRows(target, sums);
  const words = target.map((word, row) => ({ ...word, tip: largest(source, weights[row]) }));

  const description = element("p", { class: "description", dir: "auto" });
  description.append("Hover over a word of the translation, or use the arrow keys.");
  const from = highlightedText(source);
  const to = selectableText(words, "Words of the translation", select);
  const map = target.length * source.length <= MAX_CELLS && heatmap(
    {
      rows: target.map((word) => word.text),
      columns: source.map((word) => word.text),
      values: weights,
      corner: ["text →", "translation ↓"],
      caption: "Attention weights: a row for each word of the translation, a column for each word "
        + "of the text.",
    },
    to.select,
  );

  function select(row) {
    const max = Math.max(...weights[row]);
    from.highlight(weights[row].map((weight) => weight / max));
    const { text, tip } = words[row];
    description.replaceChildren(element("b", {}, text), ` attends to: ${tip}`);
    if (map) map.select(row);
  }

  container.replaceChildren(
    element("h2", {}, "Attention"),
    element("p", { class: "muted" }, "The words of the text that the model attended to while it "
      + "predicted each word of the translation. The weights show where, not why."),
    element(
      "div",
      { class: "card lines" },
      description,
      labelled("Text", from.line),
      labelled("Translation", to.line),
    ),
    map ? map.box : element("p", { class: "muted" }, "The text is too long for a heatmap."),
  );
}

function labelled(label, line) {
  return element("div", { class: "labelled" }, element("span", { class: "muted" }, label), line);
}

/** Names the words with the largest weights: `Haus 71%, alte 22%`. */
function largest(words, weights) {
  return words
    .map(({ text }, index) => ({ text, weight: weights[index] }))
    .sort((one, other) => other.weight - one.weight)
    .slice(0, NUM_NAMED)
    .filter(({ weight }, rank) => !rank || weight >= 0.01)
    .map(({ text, weight }) => `${text}\u00a0${wholePercent(weight)}`)
    .join(", ");
}
