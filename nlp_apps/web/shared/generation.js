/** The view of a language model. */

import { element, fill } from "./dom.js";
import { makeKnobs } from "./parameters.js";
import { onAskKey } from "./predict-on-input.js";
import { count, milliseconds, percent, rounded } from "./number-format.js";
import { textField } from "./text-field.js";
import { tellingLine } from "./highlighted-text.js";
import { sum, tokens } from "./words.js";

const FULL_TINT = 8; // nats: a probability of 1 in 3,000
const HINT = "The stronger the tint, the less a token was expected. Point at one, or use the arrow "
  + "keys.";

/** Opens the view; gives what closes it. */
export function openGeneration(place, model, { failed, kept }) {
  const parts = fill(place, "generation");
  const settings = makeKnobs(parts.knobs, model.card, write);
  let controller = new AbortController();
  let written = ""; // The beginning and what was drawn.
  let beginning = "";
  let figures = "";

  async function write() {
    if (!parts.knobs.reportValidity()) return;
    stop();
    controller = new AbortController();
    const { signal } = controller;
    const began = performance.now();
    written = beginning = parts.text.value;
    figures = "";
    parts.story.ariaLive = "polite";
    showPlain();
    busy(true);
    failed(null);
    try {
      for await (const { more, tokens: drawn, isOver } of model.write(beginning, settings(), signal)) {
        written += more;
        parts.story.append(more);
        figures = `${count(drawn, "token")} · ${milliseconds(performance.now() - began)}`;
        parts.figures.textContent = figures;
        if (isOver) figures = joined(figures, "the text ended by itself");
      }
    } catch (error) {
      if (!signal.aborted) brokenOff(error);
      return;
    }
    if (!signal.aborted) await ended();
  }

  function stop() {
    controller.abort();
    busy(false);
  }

  function busy(is) {
    parts.answer.setAttribute("aria-busy", is);
    parts.write.textContent = is ? "Stop" : "Write";
    parts.write.classList.toggle("stops", is);
    parts.tint.parentElement.hidden = is || !written;
  }

  const isBusy = () => parts.answer.getAttribute("aria-busy") === "true";

  /** Keeps what was written until it failed, as it is: what failed is to be tried again. */
  function brokenOff(error) {
    stop();
    figures = joined(figures, "broken off");
    parts.figures.textContent = figures;
    showPlain();
    failed(error, write);
  }

  /** Shows what there is in its last form: plain or tinted. */
  async function ended() {
    stop();
    parts.figures.textContent = figures;
    if (!parts.tint.checked) return showPlain();
    controller = new AbortController();
    const { signal } = controller;
    try {
      const { answer } = await model.ask("score", { text: written }, signal);
      showSurprise(answer);
    } catch (error) {
      if (!signal.aborted) failed(error, ended);
    }
  }

  function showPlain() {
    const first = element("span", { class: "pale" }, beginning);
    parts.story.replaceChildren(first, written.slice(beginning.length));
    parts.story.classList.remove("empty");
  }

  function showSurprise({ pieces, nats, perplexity }) {
    const words = tokens(pieces).map((token) => {
      const own = sum(token, nats);
      const tip = `${rounded(own)} nats: it had a probability of ${percent(Math.exp(-own))}`;
      return { ...token, text: token.text.replaceAll("\n", "↵\n"), own, tip };
    });
    const { line, told, tint } = tellingLine(words, "Tokens of the text", HINT);
    tint(words.map((word) => Math.min(word.own / FULL_TINT, 1)));
    parts.story.replaceChildren(told, line);
    parts.figures.textContent = joined(figures, `perplexity ${rounded(perplexity, 1)}`);
  }

  function stopByHand() {
    stop();
    figures = joined(figures, "stopped");
    ended();
  }

  function stopAtEscape(event) {
    if (event.key === "Escape" && isBusy()) stopByHand();
  }

  function close() {
    document.removeEventListener("keydown", stopAtEscape);
    stop();
  }

  function clear() {
    stop();
    written = "";
    parts.story.textContent = "The text appears here as it is written.";
    parts.story.classList.add("empty");
    parts.figures.textContent = "";
    parts.tint.parentElement.hidden = true;
    failed(null);
  }

  parts.write.addEventListener("click", () => (isBusy() ? stopByHand() : write()));
  parts.tint.addEventListener("change", () => {
    parts.story.ariaLive = "off"; // The same text in other colours is no news.
    ended();
  });
  document.addEventListener("keydown", stopAtEscape); // Wherever the focus is.
  onAskKey(parts.text, write);
  textField(parts, kept, clear);
  clear();
  return close;
}

/** Figures side by side; those there are. */
function joined(...figures) {
  return figures.filter(Boolean).join(" · ");
}
