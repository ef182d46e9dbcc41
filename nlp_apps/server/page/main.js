/** Which models there are, which one is chosen, and what went wrong. */

import { hasToken, keepToken, listModels, readModel } from "./api.js";
import { element, fill } from "./dom.js";
import { openGeneration } from "./generation.js";
import { openSentiment } from "./sentiment.js";
import { openTranslation } from "./translation.js";

const VIEWS = {
  translation: { title: "Translation", open: openTranslation },
  sentiment: { title: "Sentiment", open: openSentiment },
  generation: { title: "Generation", open: openGeneration },
};
const FOREIGN = { title: "Other", open: openForeign };
const WAITS = { LOADING: "being loaded", END: "cannot be loaded", UNLOADING: "being unloaded" };
const LOOK_AGAIN = 3000; // milliseconds

const [choose, select, about, notice, panel] = ["choose", "model", "about", "notice", "panel"].map(
  (id) => document.getElementById(id),
);
const kept = {}; // What was typed, for each task.
let close = () => {};
let opened = ""; // The name of the model that is shown.
let timer;

/** Asks which models there are, and again while one is on its way. */
async function look() {
  clearTimeout(timer);
  try {
    const models = await listModels();
    listChoices(models);
    const is = (state) => models.some((model) => model.state === state);
    if (!models.length) showNothing("no-models");
    else if (!is("AVAILABLE")) showNothing(is("LOADING") ? "loading" : "broken");
    else if (!opened) await openChosen();
    if (!is("AVAILABLE") || is("LOADING")) timer = setTimeout(look, LOOK_AGAIN);
  } catch (error) {
    failed(error, look);
  }
}

function listChoices(models) {
  choose.hidden = !models.length;
  const groups = [...Object.keys(VIEWS), null].map((task) => {
    const view = VIEWS[task] ?? FOREIGN;
    const own = models.filter((model) => (VIEWS[model.task] ?? FOREIGN) === view);
    const options = own.map(({ name, state }) => {
      const option = element("option", { value: name }, name);
      option.disabled = state !== "AVAILABLE";
      if (option.disabled) option.append(` (${WAITS[state] ?? state})`);
      return option;
    });
    return element("optgroup", { label: view.title }, ...options);
  });
  select.replaceChildren(...groups.filter((group) => group.children.length));
  if (opened) select.value = opened;
}

/** Says why there is nothing to open, once. */
function showNothing(template) {
  close();
  opened = "";
  if (panel.dataset.nothing !== template) fill(panel, template);
  panel.dataset.nothing = template;
}

/** Opens the model that the address names, or else the first that answers. */
async function openChosen() {
  const choices = [...select.options].filter((option) => !option.disabled);
  const wanted = new URLSearchParams(location.hash.slice(1)).get("model");
  const choice = choices.find((option) => option.value === wanted) ?? choices[0];
  if (!choice) return;
  select.value = choice.value;
  await open(choice.value);
}

async function open(name) {
  close();
  close = () => {};
  opened = name;
  failed(null);
  about.textContent = "";
  panel.replaceChildren();
  delete panel.dataset.nothing;
  history.replaceState(null, "", `#${new URLSearchParams({ model: name })}`);
  document.title = `${name} · nlp_apps`;
  try {
    const model = await readModel(name);
    if (opened !== name) return; // Another one was chosen meanwhile.
    const { task, recipe } = model.card;
    about.textContent = [`version ${model.version}`, recipe && `recipe ${recipe}`]
      .filter(Boolean)
      .join(" · ");
    kept[task] ??= {};
    const view = VIEWS[task] ?? FOREIGN;
    close = view.open(panel, model, { failed, kept: kept[task] });
  } catch (error) {
    if (opened === name) failed(error, () => open(name));
  }
}

function openForeign(place) {
  fill(place, "foreign");
  return () => {};
}

/** Says what went wrong, in the server's words; null: nothing does any more. */
function failed(error, again) {
  if (!error) return notice.replaceChildren();
  if (error.status === 401) return askForToken();
  const button = element("button", { type: "button" }, "Try again");
  button.addEventListener("click", () => {
    failed(null);
    again();
  });
  const says = error.status ? "The server has no answer to this. It says:" : "";
  notice.replaceChildren(element("p", {}, says, " ", element("q", {}, error.message)), button);
}

function askForToken() {
  close();
  opened = "";
  choose.hidden = true;
  const wasWrong = hasToken();
  const { secret } = fill(panel, "token");
  if (wasWrong) notice.replaceChildren(element("p", {}, "The server did not take this token."));
  panel.firstElementChild.addEventListener("submit", (event) => {
    event.preventDefault();
    keepToken(secret.value);
    failed(null);
    look();
  });
  secret.focus();
}

select.addEventListener("change", () => open(select.value));
addEventListener("hashchange", openChosen);
look();
