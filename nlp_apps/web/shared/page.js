/** The parts of both pages around the views: list of models, error message, token form. */

import { modelInAddress, writeModel } from "./address.js";
import { hasToken, storeToken } from "./authorization.js";
import { element, render } from "./dom.js";
import { openGeneration } from "./generation.js";
import { openSentiment } from "./sentiment.js";
import { openTranslation } from "./translation.js";

/** The view of each task. */
export const VIEWS = {
  translation: { title: "Translation", open: openTranslation },
  sentiment: { title: "Sentiment", open: openSentiment },
  generation: { title: "Generation", open: openGeneration },
};

/** The elements of both pages by their ids. */
export const [modelChoice, modelList, summary, notice, panel] = [
  "model-choice", "model", "summary", "notice", "panel",
].map((id) => document.getElementById(id));

/**
 * Fills the list of models, grouped by task if any task is known.
 *
 * @param {{ value: string, name: string, task?: string, unavailable?: string }[]} models
 *   `unavailable`: the reason why the model cannot be selected now.
 */
export function listModelOptions(models) {
  modelChoice.hidden = !models.length;
  const taskOf = (model) => (Object.hasOwn(VIEWS, model.task) ? model.task : undefined);
  if (!models.some(taskOf)) return modelList.replaceChildren(...models.map(toOption));
  const groups = [...Object.keys(VIEWS), undefined].map((task) => {
    const options = models.filter((model) => taskOf(model) === task).map(toOption);
    return element("optgroup", { label: VIEWS[task]?.title ?? "Other" }, ...options);
  });
  modelList.replaceChildren(...groups.filter((group) => group.children.length));
}

function toOption({ value, name, unavailable }) {
  const option = element("option", { value }, unavailable ? `${name} (${unavailable})` : name);
  option.disabled = Boolean(unavailable);
  return option;
}

/**
 * The model in the address, or the first available one if the address names none. undefined: the
 * model is missing or unavailable.
 */
export function selectedModel() {
  const available = [...modelList.options].filter(
    (option) => !option.disabled && !option.dataset.address,
  );
  const wanted = modelInAddress() || available[0]?.value;
  return available.find((option) => option.value === wanted)?.value;
}

/** Reports once that a model does not exist; the user can select any other. */
export function showMissingModel(name) {
  modelList.selectedIndex = -1;
  panel.replaceChildren();
  const message = `The model ${name} does not exist. Select one from the list.`;
  if (notice.textContent !== message) showError(new Error(message));
}

/** Writes a model into the list, the address and the title. */
export function selectModel(value, name) {
  modelList.value = value;
  writeModel(value);
  document.title = `${name} · nlp_apps`;
}

/** Shows an error, with a button if it can be retried; null clears it. */
export function showError(error, retry) {
  const hadFocus = notice.contains(document.activeElement);
  if (hadFocus) (document.getElementById("text") ?? modelList).focus(); // The button is removed.
  if (!error) return notice.replaceChildren();
  const message = error.status
    ? ["The server returned an error: ", element("q", {}, error.message)]
    : [error.message];
  notice.replaceChildren(element("p", {}, ...message));
  if (!retry) return;
  const button = element("button", { type: "button" }, "Try again");
  button.addEventListener("click", () => {
    showError(null);
    retry();
  });
  notice.append(button);
  if (hadFocus) button.focus();
}

/** Shows the form for the server's token; stores the token and continues. */
export function requestToken(onToken) {
  modelChoice.hidden = true;
  const wasRejected = hasToken();
  const { token } = render(panel, "token-form");
  if (wasRejected) notice.replaceChildren(element("p", {}, "The server rejected this token."));
  panel.firstElementChild.addEventListener("submit", (event) => {
    event.preventDefault();
    storeToken(token.value);
    showError(null);
    onToken();
  });
  token.focus();
}
