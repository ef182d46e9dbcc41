/** Which models there are, which one is chosen, and what went wrong. */

import { listModels, readModel } from "./api.js";
import { fill, loadTemplates } from "../shared/dom.js";
import {
  VIEWS, about, askForToken, choose, chosen, listChoices, named, panel, select, showChosen, tell,
  tellMissing,
} from "../shared/page.js";

const FOREIGN = { open: openForeign };
const WAITS = { LOADING: "being loaded", END: "cannot be loaded", UNLOADING: "being unloaded" };
const LOOK_AGAIN = 3000; // milliseconds

const kept = {}; // What was typed, for each task.
let close = () => {};
let opened = ""; // The name of the model that is shown.
let models = [];
let timer;

/** Asks which models there are, and again while one is on its way. */
async function look() {
  clearTimeout(timer);
  try {
    models = await listModels();
    list();
    const is = (state) => models.some((model) => model.state === state);
    if (!models.length) showNothing("no-models");
    else if (!is("AVAILABLE")) showNothing(is("LOADING") ? "loading" : "broken");
    else if (!opened) await openChosen();
    if (!is("AVAILABLE") || is("LOADING")) timer = setTimeout(look, LOOK_AGAIN);
  } catch (error) {
    failed(error, look);
  }
}

function list() {
  listChoices(models.map(({ name, task, state }) => {
    const waits = state === "AVAILABLE" ? undefined : WAITS[state] ?? state;
    return { value: name, name, task, waits };
  }));
  select.value = opened; // None where none is: then each of them is a choice.
}

/** Says why there is nothing to open, once. */
function showNothing(template) {
  letGo();
  if (panel.dataset.nothing === template) return;
  tell(null);
  fill(panel, template);
  panel.dataset.nothing = template;
}

function letGo() {
  close();
  close = () => {};
  opened = select.value = about.textContent = "";
}

async function openChosen() {
  const name = chosen();
  if (name) await open(name);
  else if (!choose.hidden && named()) showUnopened(named());
}

/** Says why the model that the address names is not open. The address stays as it is. */
function showUnopened(name) {
  const model = models.find((one) => one.name === name);
  if (model) return showNothing(model.state === "LOADING" ? "awaited" : "unopened");
  letGo();
  delete panel.dataset.nothing;
  tellMissing(name);
}

async function open(name) {
  close();
  close = () => {};
  opened = name;
  failed(null);
  about.textContent = "";
  panel.replaceChildren();
  delete panel.dataset.nothing;
  showChosen(name, name);
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

function failed(error, again) {
  if (error?.status !== 401) return tell(error, again);
  letGo();
  delete panel.dataset.nothing;
  askForToken(look);
}

select.addEventListener("change", () => open(select.value));
addEventListener("hashchange", openChosen);
loadTemplates().then(look);
