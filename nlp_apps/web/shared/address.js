/**
 * The page's address: a model and, in a link, the inputs of its view. Browsers send no fragment to a
 * server.
 */

const PARAMETERS = ["temperature", "top_k", "top_p", "max_tokens", "seed"];
const LINKED = ["text", "glossary", "to", ...PARAMETERS];
const MAX_GLOSSARY = 2000; // UTF-16 units of the glossary in a link

let linked; // The inputs of a link, until a view shows them.

const parameters = () => new URLSearchParams(location.hash.slice(1));

/** The model in the page's address; null or empty without one. */
export function modelInAddress() {
  return parameters().get("model");
}

/** Writes a model into the address, or removes it; the inputs of a link leave the address. */
export function writeModel(model) {
  const found = [...parameters()].filter(([name]) => LINKED.includes(name));
  if (found.length) linked = Object.fromEntries(found);
  history.replaceState(null, "", model ? `#${new URLSearchParams({ model })}` : "#");
}

/** Returns the inputs of a task, with those of the link that opened the page. */
export function inputsOf(savedInputs, task) {
  if (!Object.hasOwn(savedInputs, task)) savedInputs[task] = {}; // Not `__proto__`.
  if (linked) openLink(savedInputs[task], linked);
  linked = undefined;
  return savedInputs[task];
}

/**
 * Replaces saved inputs by those of a link. A link without a glossary was made without one. The
 * glossaries of the reader are kept as `ownGlossaries`.
 */
function openLink(saved, { text, to, glossary = "", ...others }) {
  const own = saved.ownGlossaries ?? [];
  if (!saved.isLinked && saved.glossary?.trim()) own.push(saved.glossary);
  const isLinked = !own.includes(glossary);
  const ownGlossaries = [...new Set(own)].filter((one) => one !== glossary);
  const found = Object.entries({ text, to }).filter(([, value]) => value !== undefined);
  Object.assign(saved, Object.fromEntries(found), { glossary, isLinked, ownGlossaries });
  saved.parameters = others;
}

/**
 * Returns a link that opens the model of the address with inputs.
 *
 * @param {{ text: string, glossary?: string, to?: string }} inputs also generation parameters.
 * @returns {{ link: string, isComplete: boolean }} isComplete: false if the glossary is too long
 *   for a link, which then lacks it.
 */
export function linkWithInputs({ glossary = "", ...inputs }) {
  const link = new URL(location.href);
  const isComplete = !glossary.trim() || glossary.length <= MAX_GLOSSARY;
  const short = glossary.trim() && isComplete ? { glossary } : {};
  link.hash = new URLSearchParams({ model: modelInAddress(), ...inputs, ...short });
  return { link: link.href, isComplete };
}
