/** Words in a line, tinted by how much each counts. */

import { element } from "./dom.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Words that are only looked at. `tint(values)` tints them, each value from 0 to 1. */
export function plainLine(words) {
  const marks = words.map((word) => mark(word, element("span")));
  const line = element("div", { class: "words", dir: "auto" }, ...flow(words, marks));
  return { line, tint: (values) => tintAll(marks, values) };
}

/**
 * Words that a pointer, or Tab and the arrow keys, choose among.
 *
 * @param {{ text: string, before: string, tip: string }[]} words
 * @param {string} label what a screen reader calls them.
 * @param {(index: number) => void} chosen is told which word.
 */
export function choosableLine(words, label, chosen) {
  const marks = words.map((word) => {
    const attributes = { role: "option", tabindex: -1, "aria-selected": false, title: word.tip };
    return mark(word, element("span", attributes));
  });
  const attributes = { class: "words", dir: "auto", role: "listbox", "aria-label": label };
  const line = element("div", attributes, ...flow(words, marks));
  line.setAttribute("aria-orientation", "horizontal");
  let current = 0;
  if (marks.length) marks[0].tabIndex = 0;

  function choose(index) {
    for (const [name, value] of [["tabindex", -1], ["aria-selected", false]]) {
      marks[current].setAttribute(name, value);
    }
    marks[index].tabIndex = 0;
    marks[index].setAttribute("aria-selected", true);
    current = index;
    chosen(index);
  }

  function pointed(event) {
    const index = marks.indexOf(event.target.closest("[role=option]"));
    if (index >= 0) choose(index);
  }

  line.addEventListener("pointerover", pointed);
  line.addEventListener("focusin", pointed);
  line.addEventListener("keydown", (event) => {
    const last = marks.length - 1;
    const leftward = getComputedStyle(line).direction === "rtl" ? -1 : 1;
    const isSideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
    let to = current + (STEPS[event.key] ?? 0) * (isSideways ? leftward : 1);
    if (event.key === "Home") to = 0;
    else if (event.key === "End") to = last;
    else if (!(event.key in STEPS)) return;
    event.preventDefault();
    marks[Math.min(Math.max(to, 0), last)].focus();
  });
  return { line, choose, tint: (values) => tintAll(marks, values) };
}

/** A line of words, and what tells of the one that is chosen; until then it tells the hint. */
export function tellingLine(words, label, hint) {
  const told = element("p", { class: "told", dir: "auto" }, hint);
  const { line, tint } = choosableLine(words, label, (index) => {
    const { text, tip } = words[index];
    told.replaceChildren(element("b", {}, text.trim() || "blank"), ` ${tip}`);
  });
  return { line, told, tint };
}

function mark(word, span) {
  span.classList.add("word");
  span.classList.toggle("end", Boolean(word.isEnd));
  span.append(word.text);
  return span;
}

function flow(words, marks) {
  return words.flatMap((word, index) => [index ? word.before : "", marks[index]]);
}

function tintAll(marks, values) {
  // A style attribute would be refused by the page's security policy; a property is not.
  marks.forEach((one, index) => one.style.setProperty("--tint-of", values[index].toFixed(3)));
}
