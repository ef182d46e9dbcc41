/** The page's address: a model and, in a link, a text. Browsers send no fragment to a server. */

let linkedText = null; // The text of a link, until a view shows it.

const parameters = () => new URLSearchParams(location.hash.slice(1));

/** The model in the page's address; null or empty without one. */
export function modelInAddress() {
  return parameters().get("model");
}

/** Writes a model into the address, or removes it; the text of a link leaves the address. */
export function writeModel(model) {
  linkedText = parameters().get("text") ?? linkedText;
  history.replaceState(null, "", model ? `#${new URLSearchParams({ model })}` : "#");
}

/** Returns the inputs of a task, with the text of the link that opened the page. */
export function inputsOf(savedInputs, task) {
  if (!Object.hasOwn(savedInputs, task)) savedInputs[task] = {}; // Not `__proto__`.
  if (linkedText !== null) savedInputs[task].text = linkedText;
  linkedText = null;
  return savedInputs[task];
}

/** Returns a link that opens the model of the address with a text. */
export function linkWithText(text) {
  const link = new URL(location.href);
  link.hash = new URLSearchParams({ model: modelInAddress(), text });
  return link.href;
}
