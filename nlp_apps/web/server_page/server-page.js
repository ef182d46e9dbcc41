/** The server's page: lists the models of the server and opens the view of one. */

import { listBrowserModels, listModels, openModel } from "./api.js";
import { inputsOf, modelInAddress } from "../shared/address.js";
import { loadTemplates, render } from "../shared/dom.js";
import { withNames } from "../shared/file-names.js";
import { listOtherModels, openOtherModel } from "../shared/other-page.js";
import {
  VIEWS, listModelOptions, modelChoice, modelList, panel, requestToken, selectModel, selectedModel,
  showError, showMissingModel, summary,
} from "../shared/page.js";

const UNKNOWN_TASK = { open: openUnknownTask };
const UNAVAILABLE = { LOADING: "loading", END: "failed to load", UNLOADING: "unloading" };
const REFRESH_INTERVAL = 3000; // milliseconds

const savedInputs = {}; // The text of each task.
let closeView = () => {};
let openedName = "";
let models = [];
let browserModels; // They run in the browser; undefined: not listed yet.
let timer;

/** Lists the models, and lists them again while any is loading. */
async function refresh() {
  clearTimeout(timer);
  try {
    models = await listModels();
    browserModels ??= withNames(await listBrowserModels());
    showList();
    const has = (state) => models.some((model) => model.state === state);
    if (!models.length) showMessage("no-models");
    else if (!has("AVAILABLE")) showMessage(has("LOADING") ? "models-loading" : "models-failed");
    else if (!openedName) await openSelected();
    if (!has("AVAILABLE") || has("LOADING")) timer = setTimeout(refresh, REFRESH_INTERVAL);
  } catch (error) {
    onError(error, refresh);
  }
}

function showList() {
  listModelOptions(models.map(({ name, task, state }) => {
    const unavailable = state === "AVAILABLE" ? undefined : UNAVAILABLE[state] ?? state;
    return { value: name, name, task, unavailable };
  }));
  const others = browserModels.map(({ file: value, name }) => ({ value, name }));
  listOtherModels("In this browser", "device/", others);
  modelList.value = openedName; // Without a model nothing is selected, so that any can be.
}

/** Shows a message in place of a view; a message that is already shown stays. */
function showMessage(template) {
  closeModel();
  if (panel.dataset.message === template) return;
  showError(null);
  render(panel, template);
  panel.dataset.message = template;
}

function closeModel() {
  closeView();
  closeView = () => {};
  openedName = modelList.value = summary.textContent = "";
}

async function openSelected() {
  const name = selectedModel();
  if (name) await open(name);
  else if (!modelChoice.hidden && modelInAddress()) showUnavailable(modelInAddress());
}

/** Explains why the model in the address is not open. The address stays. */
function showUnavailable(name) {
  const model = models.find((one) => one.name === name);
  if (model) return showMessage(model.state === "LOADING" ? "model-loading" : "model-failed");
  closeModel();
  delete panel.dataset.message;
  showMissingModel(name);
}

async function open(name) {
  closeView();
  closeView = () => {};
  openedName = name;
  onError(null);
  summary.textContent = "";
  panel.replaceChildren();
  delete panel.dataset.message;
  selectModel(name, name);
  try {
    const model = await openModel(name);
    if (openedName !== name) return; // The user selected another model meanwhile.
    const { task, recipe } = model.metadata;
    summary.textContent = [`version ${model.version}`, recipe && `recipe ${recipe}`]
      .filter(Boolean)
      .join(" · ");
    const view = Object.hasOwn(VIEWS, task) ? VIEWS[task] : UNKNOWN_TASK;
    const saved = inputsOf(savedInputs, task);
    closeView = view.open(panel, model, { showError: onError, saved });
  } catch (error) {
    if (openedName === name) onError(error, () => open(name));
  }
}

function openUnknownTask(container) {
  render(container, "unknown-task");
  return () => {};
}

function onError(error, retry) {
  if (error?.status !== 401) return showError(error, retry);
  closeModel();
  delete panel.dataset.message;
  requestToken(refresh);
}

modelList.addEventListener("change", () => openOtherModel() || open(modelList.value));
addEventListener("hashchange", openSelected);
loadTemplates().then(refresh);
