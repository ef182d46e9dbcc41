/** A line of words, each highlighted by its weight. */

import { element } from "./dom.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Returns a line of words and `highlight(weights)`, with weights from 0 to 1. */
export function highlightedText(words) {
  const spans = words.map((word) => wordSpan(word, element("span")));
  const line = element("div", { class: "words", dir: "auto" }, ...withSpaces(words, spans));
  return { line, highlight: (weights) => highlightAll(spans, weights) };
}

/**
 * Returns a highlighted line of words that the user can select by pointer, or by Tab and the arrow
 * keys.
 *
 * @param {{ text: string, spaceBefore: string, tip: string }[]} words
 * @param {string} label for screen readers.
 * @param {(index: number) => void} onSelect
 */
export function selectableText(words, label, onSelect) {
  const spans = words.map((word) => {
    const attributes = { role: "option", tabindex: -1, "aria-selected": false, title: word.tip };
    return wordSpan(word, element("span", attributes));
  });
  const attributes = { class: "words", dir: "auto", role: "listbox", "aria-label": label };
  const line = element("div", attributes, ...withSpaces(words, spans));
  line.setAttribute("aria-orientation", "horizontal");
  let current = 0;
  if (spans.length) spans[0].tabIndex = 0;

  function select(index) {
    for (const [name, value] of [["tabindex", -1], ["aria-selected", false]]) {
      spans[current].setAttribute(name, value);
    }
    spans[index].tabIndex = 0;
    spans[index].setAttribute("aria-selected", true);
    current = index;
    onSelect(index);
  }

  function selectTarget(event) {
    const index = spans.indexOf(event.target.closest("[role=option]"));
    if (index >= 0) select(index);
  }

  line.addEventListener("pointerover", selectTarget);
  line.addEventListener("focusin", selectTarget);
  line.addEventListener("keydown", (event) => {
    const last = spans.length - 1;
    const direction = getComputedStyle(line).direction === "rtl" ? -1 : 1;
    const isHorizontal = event.key === "ArrowLeft" || event.key === "ArrowRight";
    let next = current + (STEPS[event.key] ?? 0) * (isHorizontal ? direction : 1);
    if (event.key === "Home") next = 0;
    else if (event.key === "End") next = last;
    else if (!(event.key in STEPS)) return;
    event.preventDefault();
    spans[Math.min(Math.max(next, 0), last)].focus();
  });
  return { line, select, highlight: (weights) => highlightAll(spans, weights) };
}

/** As `selectableText`, with a description of the selected word; before, it shows the hint. */
export function describedText(words, label, hint) {
  const description = element("p", { class: "description", dir: "auto" }, hint);
  const { line, highlight } = selectableText(words, label, (index) => {
    const { text, tip } = words[index];
    description.replaceChildren(element("b", {}, text.trim() || "space"), ` ${tip}`);
  });
  return { line, description, highlight };
}

function wordSpan(word, span) {
  span.classList.add("word");
  span.classList.toggle("eos", Boolean(word.isEos));
  span.append(word.text);
  return span;
}

function withSpaces(words, spans) {
  return words.flatMap((word, index) => [index ? word.spaceBefore : "", spans[index]]);
}

function highlightAll(spans, weights) {
  // A property, because the page's security policy refuses style attributes.
  spans.forEach((span, index) => span.style.setProperty("--weight", weights[index].toFixed(3)));
}
