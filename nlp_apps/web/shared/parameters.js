/** The form of generation parameters: sliders and a seed, each with a description. */

import { element } from "./dom.js";
import { rounded } from "./number-format.js";

const MAX_SEED = 2 ** 31 - 1;
// The server's page generates a text in several requests, each with its own seed. A single request
// with the same seed generates another text.
const SEED_HELP = "The same seed and parameters generate the same text on this page.";

const SLIDERS = [
  {
    name: "temperature", label: "Temperature", min: 0.05, max: 2, step: 0.05,
    help: "Lower values generate more predictable text.",
  },
  {
    name: "top_k", label: "Top-k", min: 0, max: 100, step: 1, words: { 0: "all" },
    help: "Samples from the k most probable tokens.",
  },
  {
    name: "top_p", label: "Top-p", min: 0.05, max: 1, step: 0.05,
    help: "Samples from the most probable tokens whose probabilities add up to p.",
  },
  {
    name: "max_tokens", label: "Max tokens", min: 1, max: 600, step: 1,
    help: "The text may end earlier.",
  },
];

/**
 * Fills a form with the parameters.
 *
 * @param {HTMLFormElement} form
 * @param {{ defaults: object, most_tokens: number }} metadata
 * @param {() => void} generate runs on a new random seed, and on Enter in the form.
 * @param {Object<string, string>} [linked] values of a link, in place of defaults.
 * @returns {() => object} reads the values of a valid form.
 */
export function parameterForm(form, { defaults, most_tokens }, generate, linked = {}) {
  const inputs = SLIDERS.map((slider) => {
    const input = addSlider(form, slider, defaults[slider.name], most_tokens);
    setLinked(input, linked);
    return input;
  });
  const seed = element("input", {
    id: "seed", type: "number", min: 0, max: MAX_SEED, step: 1, value: defaults.seed,
    required: "", "aria-describedby": "seed-help",
  });
  setLinked(seed, linked);
  const random = element("button", { type: "button" }, "Random");
  random.addEventListener("click", () => {
    seed.value = Math.floor(Math.random() * 1e6);
    generate();
  });
  form.append(element(
    "div",
    { class: "parameter" },
    element("label", { for: "seed" }, "Seed"),
    element("div", { class: "actions" }, seed, random),
    element("p", { class: "muted", id: "seed-help" }, SEED_HELP),
  ));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    generate();
  });

  return () => ({
    ...Object.fromEntries(inputs.map((input) => [input.id, Number(input.value)])),
    seed: Number(seed.value),
  });
}

/** Sets an input to the value of a link, if it is a number. */
function setLinked(input, linked) {
  const value = linked[input.id]?.trim() ? Number(linked[input.id]) : NaN;
  if (!Number.isFinite(value)) return;
  input.value = value;
  input.dispatchEvent(new Event("input"));
}

function addSlider(form, { name, label, min, max, step, words = {}, help }, value, mostTokens) {
  const largest = name === "max_tokens" ? Math.min(max, mostTokens) : max;
  const input = element("input", {
    id: name, type: "range", min, max: Math.max(largest, value), step, value,
    "aria-describedby": `${name}-help`,
  });
  // The slider's aria-valuetext reads the value; a live output would read it twice.
  const output = element("output", { for: name, "aria-live": "off" });
  const show = () => {
    output.textContent = words[input.value] ?? rounded(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", show);
  show();
  form.append(element(
    "div",
    { class: "parameter" },
    element("label", { for: name }, label),
    output,
    input,
    element("p", { class: "muted", id: `${name}-help` }, help),
  ));
  return input;
}
