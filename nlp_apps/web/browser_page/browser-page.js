/** The browser's page: lists the models, downloads one and opens its view. */

import { localModel, warmUp } from "./local-model.js";
import { showDetails, summarize } from "./model-details.js";
import { downloadGolden, downloadModel, listModels, listServerModels } from "./models.js";
import { InvalidModelError } from "../litert/metadata.js";
import { loadPredictor } from "../litert/predictor.js";
import { RuntimeMissingError, loadRuntime } from "../litert/runtime.js";
import { inputsOf, modelInAddress, writeModel } from "../shared/address.js";
import { loadTemplates, render } from "../shared/dom.js";
import { withNames } from "../shared/file-names.js";
import { bytes } from "../shared/number-format.js";
import { listOtherModels, openOtherModel } from "../shared/other-page.js";
import {
  VIEWS, listModelOptions, modelChoice, modelList, panel, requestToken, selectModel, selectedModel,
  showError, showMissingModel, summary,
} from "../shared/page.js";

const details = document.getElementById("details");
const fileInput = document.getElementById("file");
// `nlp-apps serve` has the server's page, too; a static web server has not.
const hasServerPage = location.pathname.includes("/device/web/");
const savedInputs = {}; // The text of each task.
let close = () => {};
let controller = new AbortController();
let models = [];

async function start() {
  try {
    models = withNames(await listModels());
    listModelOptions(models.map(({ file: value, name, task }) => ({ value, name, task })));
    const onServer = hasServerPage ? await listServerModels() : [];
    const others = onServer.map(({ name }) => ({ value: name, name }));
    listOtherModels("On the server", "../../../", others);
    if (models.length) await openSelected();
    else render(panel, "no-models");
  } catch (error) {
    onError(error, start);
  }
}

async function openSelected() {
  const path = selectedModel();
  if (!path) return showMissing();
  const { name } = models.find((model) => model.file === path);
  selectModel(path, name);
  await open(
    name,
    (signal, onProgress) => downloadModel(path, signal, onProgress),
    () => downloadGolden(path, controller.signal),
  );
}

/** Reports a model in the address that is missing in the list, if there is a list. */
function showMissing() {
  if (modelChoice.hidden) return;
  closeModel();
  showMissingModel(modelInAddress());
}

/** Opens a file of the user. */
async function openFile() {
  const [file] = fileInput.files;
  if (!file) return;
  modelList.selectedIndex = -1;
  writeModel(""); // A link to a file of the user opens nothing.
  document.title = `${file.name} · nlp_apps`;
  await open(file.name, async () => new Uint8Array(await file.arrayBuffer()));
}

/**
 * Loads a model, shows the progress, and opens its view.
 *
 * @param {string} name
 * @param {(signal: AbortSignal, onProgress: Function) => Promise<Uint8Array>} read reads the file.
 * @param {() => Promise<object>} [readGolden] reads its golden outputs.
 */
async function open(name, read, readGolden) {
  closeModel();
  const { signal } = (controller = new AbortController());
  const startTime = performance.now();
  const parts = render(panel, "loading");
  parts.name.textContent = name;
  parts.status.textContent = "Connecting…";
  try {
    const runtime = loadRuntime(); // Loads while the model downloads.
    runtime.catch(() => {}); // Reported below, when it is awaited.
    const content = await read(signal, (received, size) => showProgress(parts, received, size));
    parts.progress.removeAttribute("value");
    parts.status.textContent = "Preparing the model…";
    const litert = await runtime;
    signal.throwIfAborted();
    const predictor = await loadPredictor(litert, content);
    close = () => predictor.model.delete();
    await warmUp(predictor);
    signal.throwIfAborted();
    const time = performance.now() - startTime;
    summary.textContent = summarize(predictor.model, content.length, modelList.value ? "" : name);
    showDetails(details, predictor.model, { size: content.length, time }, readGolden);
    details.hidden = false;
    const { task } = predictor.model.metadata;
    const options = { showError: onError, saved: inputsOf(savedInputs, task) };
    const closeView = VIEWS[task].open(panel, localModel(predictor), options);
    close = () => {
      closeView();
      predictor.model.delete();
    };
  } catch (error) {
    const retry = () => open(name, read, readGolden);
    if (!signal.aborted) onError(error, error instanceof InvalidModelError ? undefined : retry);
  }
}

function showProgress({ progress, status }, received, size) {
  if (size) [progress.max, progress.value] = [size, received];
  status.textContent = size ? `${bytes(received)} of ${bytes(size)}` : bytes(received);
}

function closeModel() {
  controller.abort();
  close();
  close = () => {};
  showError(null);
  details.hidden = true;
  summary.textContent = "";
}

function onError(error, retry) {
  if (error instanceof RuntimeMissingError) return void render(panel, "no-runtime");
  if (error?.status !== 401) {
    if (error && panel.querySelector(".loading")) panel.replaceChildren();
    return showError(error, retry);
  }
  closeModel();
  requestToken(start);
}

modelList.addEventListener("change", () => {
  if (openOtherModel()) return;
  fileInput.value = "";
  selectModel(modelList.value, modelList.selectedOptions[0].text);
  openSelected();
});
fileInput.addEventListener("change", openFile);
addEventListener("hashchange", openSelected);
document.getElementById("server").hidden = !hasServerPage;
loadTemplates().then(start);
