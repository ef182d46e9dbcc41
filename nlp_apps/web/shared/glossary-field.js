/** The field of a translator for a glossary. */

import { element } from "./dom.js";
import { readLines } from "./glossary-lines.js";
import { count } from "./number-format.js";
import { onCtrlEnter } from "./predict-on-input.js";

const MAX_SHOWN = 3; // problems

/**
 * Opens the field with the glossary of the last view or of a link.
 *
 * @param {{ glossary: HTMLDetailsElement, terms: HTMLTextAreaElement, numTerms: HTMLElement,
 *   problems: HTMLElement, ownGlossary: HTMLElement, linkedGlossary: HTMLElement,
 *   useOwn: HTMLButtonElement }} parts
 * @param {{ glossary?: string, ownGlossaries?: string[], isLinked?: boolean }} saved holds the lines
 *   between views; ownGlossaries: those of the reader that links replaced, the latest one last;
 *   isLinked: the lines are a link's.
 * @param {{ run: () => void, runSoon: (event: Event) => void }} predictions
 * @returns {{ read: () => string }} read: returns the correct lines, and shows the problems of the
 *   others.
 */
export function openGlossary(parts, saved, { run, runSoon }) {
  const { glossary, terms, numTerms, problems } = parts;

  function read() {
    const found = readLines(terms.value);
    numTerms.textContent = found.size ? `· ${count(found.size, "term")}` : "";
    problems.replaceChildren(...messages(found.problems));
    return found.lines;
  }

  glossary.hidden = false;
  terms.value = saved.glossary ?? "";
  glossary.open = Boolean(terms.value || saved.ownGlossaries?.length);
  const showOwn = offerOwn(parts, saved, run);
  terms.addEventListener("input", (event) => {
    saved.glossary = terms.value;
    saved.isLinked = false;
    showOwn();
    runSoon(event);
  });
  terms.addEventListener("compositionend", runSoon);
  onCtrlEnter(terms, run);
  return { read };
}

/** Offers the glossaries that the reader had before links; returns a function that shows them. */
function offerOwn({ terms, ownGlossary, linkedGlossary, useOwn }, saved, run) {
  const show = () => {
    ownGlossary.hidden = !saved.ownGlossaries?.length;
    linkedGlossary.textContent = saved.isLinked
      ? `${saved.glossary ? "This glossary is part of the link" : "The link has no glossary"}. `
        + "Your own glossary is kept."
      : "Another glossary of yours is kept.";
  };
  useOwn.addEventListener("click", () => {
    const { glossary, isLinked, ownGlossaries } = saved;
    terms.value = saved.glossary = ownGlossaries.pop();
    if (!isLinked && glossary.trim()) ownGlossaries.unshift(glossary); // The reader has several.
    saved.isLinked = false;
    show();
    terms.focus(); // The button may be hidden now.
    run();
  });
  show();
  return show;
}

/** One item for each line with a problem; the last one counts those that are left out. */
function messages(problems) {
  const shown = problems.slice(0, MAX_SHOWN).map(({ line, problem }) => `Line ${line}: ${problem}`);
  const numOthers = problems.length - shown.length;
  if (numOthers) shown.push(`${count(numOthers, "other line")} cannot be read either.`);
  return shown.map((message) => element("li", {}, message));
}
