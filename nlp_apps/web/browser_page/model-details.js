/** What a file says of itself, and a check of it against its test vectors. */

import { checkVectors } from "../litert/golden.js";
import { element } from "../shared/dom.js";
import { bytes, count, milliseconds } from "../shared/number-format.js";

const WEIGHTS = { none: "32\u2011bit", float16: "16\u2011bit", dynamic: "8\u2011bit" };

/** A file's recipe, size and weights, in a line; its name before, where no list shows it. */
export function inShort({ card }, size, name) {
  const recipe = card.recipe && `recipe ${card.recipe}`;
  return [name, recipe, bytes(size), `${WEIGHTS[card.quantize]}\u00a0weights`].filter(Boolean).join(" · ");
}

/**
 * Fills a place.
 *
 * @param {HTMLElement} place
 * @param {Model} model
 * @param {{ size: number, time: number }} figures bytes of the file, milliseconds until it was ready.
 * @param {(() => Promise<object>) | undefined} readVectors gives its golden.json; undefined: there
 *   is none.
 */
export function aboutFile(place, model, { size, time }, readVectors) {
  const { card } = model;
  const facts = {
    "Size": bytes(size),
    "Weights": WEIGHTS[card.quantize],
    "Ready after": milliseconds(time),
    "Vocabulary": count(card.vocabulary, "token"),
    "Room at once": `${count(card.tokens, "token")}, ${count(card.characters, "character")}`,
    ...(card.decoding.beam_size > 1 && { "Search": `${card.decoding.beam_size} beams` }),
    "Made by": `nlp_apps ${card.nlp_apps}`,
  };
  const rows = Object.entries(facts).map(([name, fact]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, fact)));
  const details = element(
    "details",
    {},
    element("summary", {}, "About this file"),
    element("table", { class: "rows" }, element("tbody", {}, ...rows)),
  );
  if (readVectors) details.append(checking(model, readVectors));
  place.replaceChildren(details);
}

function checking(model, readVectors) {
  const button = element("button", { type: "button" }, "Check it");
  const told = element("p", { class: "pale", role: "status" });
  told.append("Runs its test vectors: does it compute here what it did where it was made?");
  button.addEventListener("click", async () => {
    button.disabled = true;
    told.textContent = "Checking…";
    told.textContent = await verdict(model, readVectors);
    button.disabled = false;
  });
  return element("div", { class: "actions" }, button, told);
}

async function verdict(model, readVectors) {
  try {
    const { steps, wrong } = await checkVectors(model, await readVectors());
    if (!wrong.length) return `All ${count(steps, "step")} gave what they gave where it was made.`;
    const [{ signature, output, text }] = wrong;
    return `${count(wrong.length, "output")} of ${count(steps, "step")} differ, the first: ${output} `
      + `of ${signature} for “${text}”.`;
  } catch (error) {
    return `It cannot be checked: ${error.message}`;
  }
}
