/** The keyboard of a language model: words as the user types, and learning from own text. */

import { element } from "./dom.js";
import { count, percent, rounded, wholePercent } from "./number-format.js";
import { predictOnInput } from "./predict-on-input.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const POINTS = 200; // points of a curve
const FIRST = 10; // tokens before the first point; fewer have a random mean

/** Opens the keyboard below the prompt; returns a function that closes it. */
export function openKeyboard(parts, model, { showError, saved }) {
  const { keyboard } = model;
  let controller = new AbortController();

  async function suggest(text, signal) {
    const words = await keyboard.suggest(text);
    if (!signal.aborted) parts.suggestions.replaceChildren(...words.map(item));
  }

  function item({ word, probability }) {
    const button = element("button", { type: "button", title: percent(probability) }, word);
    button.addEventListener("click", () => insert(word));
    return element("li", {}, button);
  }

  /** Writes a word in place of the begun one. */
  function insert(word) {
    parts.text.value = keyboard.withWord(parts.text.value, word);
    parts.text.dispatchEvent(new Event("input"));
    parts.text.focus();
    suggestions.run();
  }

  async function learn() {
    controller.abort();
    controller = new AbortController();
    const { signal } = controller;
    const text = parts.own.value;
    if (!text.trim()) return parts.own.focus();
    parts.learn.disabled = true;
    showError(null);
    try {
      const plain = (await model.predict("score", { text }, signal)).prediction.nats;
      const learned = [];
      for await (const { nats, share } of keyboard.learn(text)) {
        signal.throwIfAborted();
        learned.push(...nats);
        parts.learned.textContent = `Reading: ${wholePercent(share)}`;
      }
      showResult(plain, learned);
      suggestions.run();
    } catch (error) {
      if (!signal.aborted) showError(error, learn);
    }
    parts.learn.disabled = false;
  }

  function showResult(plain, learned) {
    const [before, after] = [plain, learned].map((nats) => rounded(perplexities(nats).at(-1), 1));
    parts.learned.textContent = `${count(learned.length, "token")} read. Perplexity without the `
      + `cache: ${before}; with it: ${after}.`;
    parts.falling.replaceChildren(...curves(plain, learned));
    parts.falling.hidden = learned.length <= FIRST;
    parts.forget.hidden = false;
  }

  function forget() {
    controller.abort();
    keyboard.forget();
    parts.learned.textContent = "";
    parts.forget.hidden = parts.falling.hidden = true;
    suggestions.run();
  }

  parts.suggestions.hidden = parts.learning.hidden = false;
  parts.own.value = saved.own ?? "";
  parts.own.addEventListener("input", () => (saved.own = parts.own.value));
  parts.learn.addEventListener("click", learn);
  parts.forget.addEventListener("click", forget);
  const suggestions = predictOnInput(parts.text, suggest, { setBusy: () => {}, showError });
  suggestions.run();
  return () => {
    controller.abort();
    suggestions.stop();
  };
}

/** The perplexity of the text so far, after each token. */
function perplexities(nats) {
  let total = 0;
  return nats.map((one, index) => Math.exp((total += one) / (index + 1)));
}

/** A chart of both perplexities along the text, on a logarithmic scale, and its caption. */
function curves(plain, learned) {
  const lines = [plain, learned].map((nats) => perplexities(nats).slice(FIRST));
  const [bottom, top] = [Math.min(...lines.flat()), Math.max(...lines.flat())];
  const height = (value) => (100 * Math.log(value / bottom)) / (Math.log(top / bottom) || 1);
  const step = Math.max(1, Math.ceil(lines[0].length / POINTS));
  const chart = document.createElementNS(NAMESPACE, "svg");
  const attributes = { viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" };
  for (const [name, value] of Object.entries(attributes)) chart.setAttribute(name, value);
  lines.forEach((line, index) => {
    const curve = document.createElementNS(NAMESPACE, "polyline");
    const points = line.flatMap((value, place) => (place % step ? [] : [
      `${(100 * place) / Math.max(line.length - 1, 1)},${100 - height(value)}`,
    ]));
    curve.setAttribute("points", points.join(" "));
    curve.classList.add(index ? "with" : "without");
    chart.append(curve);
  });
  const caption = "Perplexity of the text so far, from its beginning to its end, without the cache "
    + "(grey) and with it (coloured). Logarithmic scale from "
    + `${rounded(bottom, 0)} to ${rounded(top, 0)}.`;
  return [chart, element("figcaption", {}, caption)];
}
