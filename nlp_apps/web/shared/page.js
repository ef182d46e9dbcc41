/** What the pages around the views share: their choice of models, what went wrong, the token. */

import { hasToken, keepToken } from "./authorization.js";
import { element, fill } from "./dom.js";
import { openGeneration } from "./generation.js";
import { openSentiment } from "./sentiment.js";
import { openTranslation } from "./translation.js";

/** What there is a view for. */
export const VIEWS = {
  translation: { title: "Translation", open: openTranslation },
  sentiment: { title: "Sentiment", open: openSentiment },
  generation: { title: "Generation", open: openGeneration },
};

/** The parts of every page, by their ids. */
export const [choose, select, about, notice, panel] = [
  "choose", "model", "about", "notice", "panel",
].map((id) => document.getElementById(id));

/**
 * Fills the choice of models, those of a task together where any task is known.
 *
 * @param {{ value: string, name: string, task?: string, waits?: string }[]} models `waits`: why it
 *   cannot be chosen now.
 */
export function listChoices(models) {
  choose.hidden = !models.length;
  const taskOf = (model) => (model.task in VIEWS ? model.task : undefined);
  if (!models.some(taskOf)) return select.replaceChildren(...models.map(toOption));
  const groups = [...Object.keys(VIEWS), undefined].map((task) => {
    const options = models.filter((model) => taskOf(model) === task).map(toOption);
    return element("optgroup", { label: VIEWS[task]?.title ?? "Other" }, ...options);
  });
  select.replaceChildren(...groups.filter((group) => group.children.length));
}

function toOption({ value, name, waits }) {
  const option = element("option", { value }, waits ? `${name} (${waits})` : name);
  option.disabled = Boolean(waits);
  return option;
}

/** The model that the address names; null or empty: it names none. */
export function named() {
  return new URLSearchParams(location.hash.slice(1)).get("model");
}

/**
 * The model that the address names, or the first that can be chosen where it names none.
 * undefined: there is none, or it cannot be chosen.
 */
export function chosen() {
  const choices = [...select.options].filter((option) => !option.disabled);
  const wanted = named() || choices[0]?.value;
  return choices.find((option) => option.value === wanted)?.value;
}

/** Says, once, that there is no model of a name; any other can be chosen instead. */
export function tellMissing(name) {
  select.selectedIndex = -1;
  panel.replaceChildren();
  const said = `There is no model ${name} here.`;
  if (notice.textContent !== said) tell(new Error(said));
}

/** Puts a model into the choice, the address and the title. */
export function showChosen(value, name) {
  select.value = value;
  history.replaceState(null, "", `#${new URLSearchParams({ model: value })}`);
  document.title = `${name} · nlp_apps`;
}

/** Says what went wrong, in the server's words where it said any; null: nothing does any more. */
export function tell(error, again) {
  const hadFocus = notice.contains(document.activeElement);
  if (hadFocus) (document.getElementById("text") ?? select).focus(); // Its button goes.
  if (!error) return notice.replaceChildren();
  const said = error.status
    ? ["The server has no answer to this. It says: ", element("q", {}, error.message)]
    : [error.message];
  notice.replaceChildren(element("p", {}, ...said));
  if (!again) return;
  const button = element("button", { type: "button" }, "Try again");
  button.addEventListener("click", () => {
    tell(null);
    again();
  });
  notice.append(button);
  if (hadFocus) button.focus();
}

/** Asks for the token, and goes on with it. */
export function askForToken(goOn) {
  choose.hidden = true;
  const wasWrong = hasToken();
  const { secret } = fill(panel, "token");
  if (wasWrong) notice.replaceChildren(element("p", {}, "The server did not take this token."));
  panel.firstElementChild.addEventListener("submit", (event) => {
    event.preventDefault();
    keepToken(secret.value);
    tell(null);
    goOn();
  });
  secret.focus();
}
