/**
 * The page's address: a model and, in a link, a text and a glossary. Browsers send no fragment to a
 * server.
 */

const LINKED = ["text", "glossary"];
const MAX_GLOSSARY = 2000; // UTF-16 units of the glossary in a link

let linked = {}; // The inputs of a link, until a view shows them.

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
  Object.assign(savedInputs[task], linked);
  linked = {};
  return savedInputs[task];
}

/** Returns a link that opens the model of the address with a text, and a glossary if it is short. */
export function linkWithInputs(text, glossary = "") {
  const link = new URL(location.href);
  const short = glossary.trim() && glossary.length <= MAX_GLOSSARY ? { glossary } : {};
  link.hash = new URLSearchParams({ model: modelInAddress(), text, ...short });
  return link.href;
}
