/** The details of a loaded model, and the comparison with its golden outputs. */

import { compareGolden } from "../litert/golden.js";
import { element } from "../shared/dom.js";
import { bytes, count, milliseconds } from "../shared/number-format.js";

const WEIGHTS = { none: "32\u2011bit", float16: "16\u2011bit", dynamic: "8\u2011bit" };

/** Summarizes a model in one line: name, recipe, size and weights. */
export function summarize({ metadata }, size, name) {
  const recipe = metadata.recipe && `recipe ${metadata.recipe}`;
  return [name, recipe, bytes(size), `${WEIGHTS[metadata.quantize]}\u00a0weights`]
    .filter(Boolean)
    .join(" · ");
}

/**
 * Renders the details of a model.
 *
 * @param {HTMLElement} container
 * @param {Model} model
 * @param {{ size: number, time: number }} file bytes, and milliseconds until it was ready.
 * @param {(() => Promise<object>) | undefined} readGolden reads the golden outputs; undefined: the
 *   model has none.
 */
export function showDetails(container, model, { size, time }, readGolden) {
  const { metadata } = model;
  const details = {
    "Size": bytes(size),
    "Weights": WEIGHTS[metadata.quantize],
    "Load time": milliseconds(time),
    "Vocabulary": count(metadata.vocabulary, "token"),
    "Window": `${count(metadata.tokens, "token")}, ${count(metadata.characters, "character")}`,
    ...(metadata.decoding.beam_size > 1 && { "Beam size": metadata.decoding.beam_size }),
    "Exported by": `nlp_apps ${metadata.nlp_apps}`,
  };
  const rows = Object.entries(details).map(([name, value]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value)));
  const disclosure = element(
    "details",
    {},
    element("summary", {}, "Model details"),
    element("table", { class: "rows" }, element("tbody", {}, ...rows)),
  );
  if (readGolden) disclosure.append(comparison(model, readGolden));
  container.replaceChildren(disclosure);
}

function comparison(model, readGolden) {
  const button = element("button", { type: "button" }, "Verify");
  const status = element("p", { class: "muted", role: "status" });
  status.append("Compares the outputs on this device with the outputs at export.");
  button.addEventListener("click", async () => {
    button.disabled = true;
    status.textContent = "Verifying…";
    status.textContent = await verify(model, readGolden);
    button.disabled = false;
  });
  return element("div", { class: "actions" }, button, status);
}

async function verify(model, readGolden) {
  try {
    const { numSteps, differences } = await compareGolden(model, await readGolden());
    if (!differences.length) return `All outputs of ${count(numSteps, "step")} match.`;
    const [{ signature, output, text }] = differences;
    return `${count(differences.length, "output")} of ${count(numSteps, "step")} differ, first `
      + `${output} of ${signature} for “${text}”.`;
  } catch (error) {
    return `Verification failed: ${error.message}`;
  }
}
