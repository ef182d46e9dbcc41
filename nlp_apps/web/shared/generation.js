/** The view of a language model. */

import { element, render } from "./dom.js";
import { examplesOf } from "./examples.js";
import { describedText } from "./highlighted-text.js";
import { openKeyboard } from "./suggestions.js";
import { count, milliseconds, percent, rounded } from "./number-format.js";
import { parameterForm } from "./parameters.js";
import { onCtrlEnter } from "./predict-on-input.js";
import { openSharing } from "./sharing.js";
import { textField } from "./text-field.js";
import { sum, tokens } from "./words.js";

const MAX_SURPRISAL = 8; // nats of the strongest highlight: a probability of 1 in 3,000
const HINT = "A stronger highlight means a less probable token. Hover over a token, or use the "
  + "arrow keys.";

/** Opens the view; returns a function that closes it. */
export function openGeneration(container, model, { showError, saved }) {
  const parts = render(container, "generation");
  const readParameters = parameterForm(
    parts.parameters, model.metadata, generate, saved.parameters,
  );
  delete saved.parameters; // Other views begin with the defaults of their models.
  let controller = new AbortController();
  let prompt = "";
  let text = ""; // The prompt and its continuation.
  let stats = "";

  async function generate() {
    if (!parts.parameters.reportValidity()) return;
    stop();
    controller = new AbortController();
    const { signal } = controller;
    const start = performance.now();
    text = prompt = parts.text.value;
    stats = "";
    parts.output.ariaLive = "polite";
    showPlain();
    setBusy(true);
    showError(null);
    try {
      for await (const step of model.generate(prompt, readParameters(), signal)) {
        text += step.added;
        parts.output.append(step.added);
        stats = `${count(step.numTokens, "token")} · ${milliseconds(performance.now() - start)}`;
        parts.stats.textContent = stats;
        if (step.ended) stats = joined(stats, "end of text");
      }
    } catch (error) {
      if (!signal.aborted) showInterrupted(error);
      return;
    }
    if (!signal.aborted) await showFinished();
  }

  function stop() {
    controller.abort();
    setBusy(false);
  }

  function setBusy(isBusy) {
    parts.prediction.setAttribute("aria-busy", isBusy);
    parts.generate.textContent = isBusy ? "Stop" : "Generate";
    parts.generate.classList.toggle("stop", isBusy);
    parts.highlight.parentElement.hidden = isBusy || !text;
  }

  const isBusy = () => parts.prediction.getAttribute("aria-busy") === "true";

  /** Keeps the text that was generated before an error, and offers to generate it again. */
  function showInterrupted(error) {
    stop();
    stats = joined(stats, "interrupted");
    parts.stats.textContent = stats;
    showPlain();
    showError(error, generate);
  }

  /** Shows the finished text, plain or highlighted. */
  async function showFinished() {
    stop();
    parts.stats.textContent = stats;
    if (!parts.highlight.checked) return showPlain();
    controller = new AbortController();
    const { signal } = controller;
    try {
      showSurprisals((await model.predict("score", { text }, signal)).prediction);
    } catch (error) {
      if (!signal.aborted) showError(error, showFinished);
    }
  }

  function showPlain() {
    const start = element("span", { class: "muted" }, prompt);
    parts.output.classList.remove("empty");
    parts.output.replaceChildren(start, text.slice(prompt.length));
  }

  function showSurprisals({ pieces, nats, perplexity }) {
    const words = tokens(pieces).map((token) => {
      const surprisal = sum(token, nats);
      const tip = `${rounded(surprisal)} nats, probability ${percent(Math.exp(-surprisal))}`;
      return { ...token, text: token.text.replaceAll("\n", "↵\n"), surprisal, tip };
    });
    const { line, description, highlight } = describedText(words, "Tokens of the text", HINT);
    highlight(words.map((word) => Math.min(word.surprisal / MAX_SURPRISAL, 1)));
    parts.output.replaceChildren(description, line);
    parts.stats.textContent = joined(stats, `perplexity ${rounded(perplexity, 1)}`);
  }

  function stopByUser() {
    stop();
    stats = joined(stats, "stopped");
    showFinished();
  }

  function onEscape(event) {
    if (event.key === "Escape" && isBusy()) stopByUser();
  }

  function close() {
    document.removeEventListener("keydown", onEscape);
    closeKeyboard?.();
    stop();
  }

  function clear() {
    stop();
    text = "";
    parts.output.textContent = "The generated text appears here.";
    parts.output.classList.add("empty");
    parts.stats.textContent = "";
    parts.highlight.parentElement.hidden = true;
    showError(null);
  }

  parts.generate.addEventListener("click", () => (isBusy() ? stopByUser() : generate()));
  parts.highlight.addEventListener("change", () => {
    parts.output.ariaLive = "off"; // The text is the same; screen readers need not repeat it.
    showFinished();
  });
  document.addEventListener("keydown", onEscape); // Works wherever the focus is.
  onCtrlEnter(parts.text, generate);
  const closeKeyboard = model.keyboard && openKeyboard(parts, model, { showError, saved });
  textField(parts, saved, clear, examplesOf(model.metadata));
  openSharing(parts, () => text, () => ({ text: parts.text.value, ...readParameters() }));
  clear();
  return close;
}

/** Joins the non-empty parts of a status line. */
function joined(...parts) {
  return parts.filter(Boolean).join(" · ");
}
