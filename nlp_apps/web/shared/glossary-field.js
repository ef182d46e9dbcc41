/** The field of a translator for a glossary. */

import { element } from "./dom.js";
import { readLines } from "./glossary-lines.js";
import { count } from "./number-format.js";
import { onCtrlEnter } from "./predict-on-input.js";

const MAX_SHOWN = 3; // problems

/**
 * Opens the field with the glossary of the last view.
 *
 * @param {{ glossary: HTMLDetailsElement, terms: HTMLTextAreaElement, numTerms: HTMLElement,
 *   problems: HTMLElement }} parts
 * @param {{ glossary?: string }} saved holds the lines between views.
 * @param {{ run: () => void, runSoon: (event: Event) => void }} predictions
 * @returns {{ read: () => string }} read: returns the correct lines, and shows the problems of the
 *   others.
 */
export function openGlossary({ glossary, terms, numTerms, problems }, saved, { run, runSoon }) {
  function read() {
    const found = readLines(terms.value);
    numTerms.textContent = found.size ? `· ${count(found.size, "term")}` : "";
    problems.replaceChildren(...messages(found.problems));
    return found.lines;
  }

  glossary.hidden = false;
  terms.value = saved.glossary ?? "";
  glossary.open = Boolean(terms.value);
  terms.addEventListener("input", (event) => {
    saved.glossary = terms.value;
    runSoon(event);
  });
  terms.addEventListener("compositionend", runSoon);
  onCtrlEnter(terms, run);
  return { read };
}

/** One item for each line with a problem; the last one counts those that are left out. */
function messages(problems) {
  const shown = problems.slice(0, MAX_SHOWN).map(({ line, problem }) => `Line ${line}: ${problem}`);
  const numOthers = problems.length - shown.length;
  if (numOthers) shown.push(`${count(numOthers, "other line")} cannot be read either.`);
  return shown.map((message) => element("li", {}, message));
}
