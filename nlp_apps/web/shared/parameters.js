/** The settings of a text's drawing, each a slider with its value and what it does. */

import { element } from "./dom.js";
import { rounded } from "./number-format.js";

const LARGEST_SEED = 2 ** 31 - 1;
// A server's page draws a text in parts, each with a seed of its own: one request gives another.
const SAME_TEXT = "Same seed and settings, same text on this page.";

const KNOBS = [
  {
    name: "temperature", label: "Temperature", min: 0.05, max: 2, step: 0.05,
    why: "Low is careful, high is bold.",
  },
  {
    name: "top_k", label: "Top-k", min: 0, max: 100, step: 1, words: { 0: "all" },
    why: "Draws among this many likeliest tokens only.",
  },
  {
    name: "top_p", label: "Top-p", min: 0.05, max: 1, step: 0.05,
    why: "Draws among the likeliest tokens that have this much probability together.",
  },
  {
    name: "max_tokens", label: "Tokens", min: 1, max: 600, step: 1,
    why: "How many to write at most; the text may end before.",
  },
];

/**
 * Fills a form.
 *
 * @param {HTMLFormElement} form
 * @param {{ defaults: object, most_tokens: number }} card
 * @param {() => void} write is called for a new seed, and for Enter in the form.
 * @returns {() => object} reads what is set, in a form that is valid.
 */
export function makeKnobs(form, { defaults, most_tokens }, write) {
  const inputs = KNOBS.map((knob) => slider(form, knob, defaults[knob.name], most_tokens));
  const seed = element("input", {
    id: "seed", type: "number", min: 0, max: LARGEST_SEED, step: 1, value: defaults.seed,
    required: "", "aria-describedby": "seed-why",
  });
  const surprise = element("button", { type: "button" }, "Surprise me");
  surprise.addEventListener("click", () => {
    seed.value = Math.floor(Math.random() * 1e6);
    write();
  });
  form.append(element(
    "div",
    { class: "knob" },
    element("label", { for: "seed" }, "Seed"),
    element("div", { class: "actions" }, seed, surprise),
    element("p", { class: "pale", id: "seed-why" }, SAME_TEXT),
  ));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    write();
  });

  return () => ({
    ...Object.fromEntries(inputs.map((input) => [input.id, Number(input.value)])),
    seed: Number(seed.value),
  });
}

function slider(form, { name, label, min, max, step, words = {}, why }, value, mostTokens) {
  const largest = name === "max_tokens" ? Math.min(max, mostTokens) : max;
  const input = element("input", {
    id: name, type: "range", min, max: Math.max(largest, value), step, value,
    "aria-describedby": `${name}-why`,
  });
  // The slider's own text says the value; an output would say it once more.
  const shown = element("output", { for: name, "aria-live": "off" });
  const show = () => {
    shown.textContent = words[input.value] ?? rounded(Number(input.value));
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  input.addEventListener("input", show);
  show();
  form.append(element(
    "div",
    { class: "knob" },
    element("label", { for: name }, label),
    shown,
    input,
    element("p", { class: "pale", id: `${name}-why` }, why),
  ));
  return input;
}
