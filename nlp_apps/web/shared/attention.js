/** Where a translator looked: the words of both sides, and all weights as a heatmap. */

import { element } from "./dom.js";
import { heatmap } from "./heatmap.js";
import { roughly } from "./number-format.js";
import { choosableLine, plainLine } from "./highlighted-text.js";
import { joinSentence, meanRows, sum } from "./words.js";

const MOST_CELLS = 8000; // A larger table is slow, and nobody can read it.
const NAMED = 3; // Words that are named for each word of the translation.

/**
 * Fills a place with what the signature `align` said.
 *
 * A word of the text has the sum of the weights of its pieces; a word of the translation has the
 * mean of its pieces' rows.
 */
export function showAttention(place, { source_pieces, target_pieces, attention }) {
  const source = joinSentence(source_pieces);
  const target = joinSentence(target_pieces);
  const sums = attention.map((row) => source.map((word) => sum(word, row)));
  const values = meanRows(target, sums);
  const looked = target.map((word, row) => ({ ...word, tip: whereTo(source, values[row]) }));

  const told = element("p", { class: "told", dir: "auto" });
  told.append("Point at a word of the translation, or use the arrow keys.");
  const from = plainLine(source);
  const to = choosableLine(looked, "Words of the translation", choose);
  const map = target.length * source.length <= MOST_CELLS && heatmap(
    {
      rows: target.map((word) => word.text),
      columns: source.map((word) => word.text),
      values,
      corner: ["text →", "translation ↓"],
      caption: "Each row is a word of the translation, each column a word of the text; a number "
        + "is the share of its attention that the one gave to the other.",
    },
    to.choose,
  );

  function choose(row) {
    const most = Math.max(...values[row]);
    from.tint(values[row].map((value) => value / most));
    told.replaceChildren(element("b", {}, target[row].text), ` looked at ${looked[row].tip}`);
    if (map) map.select(row);
  }

  place.replaceChildren(
    element("h2", {}, "Where it looked"),
    element("p", { class: "pale" }, "For each word of the translation, the words of the text that "
      + "the model looked at while writing it. It says where, not why."),
    element(
      "div",
      { class: "card lines" },
      told,
      named("Text", from.line),
      named("Translation", to.line),
    ),
    map ? map.box : element("p", { class: "pale" }, "Too many words for a table of their weights."),
  );
}

function named(name, line) {
  return element("div", { class: "named" }, element("span", { class: "pale" }, name), line);
}

/** The words with most weight: `Haus 71 %, alte 22 %`. */
function whereTo(words, weights) {
  return words
    .map(({ text }, index) => ({ text, weight: weights[index] }))
    .sort((one, other) => other.weight - one.weight)
    .slice(0, NAMED)
    .filter(({ weight }, place) => !place || weight >= 0.01)
    .map(({ text, weight }) => `${text} ${roughly(weight)}`)
    .join(", ");
}
