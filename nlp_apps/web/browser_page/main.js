/** Which models there are, which one is loaded, and what went wrong. */

import { aboutFile, inShort } from "./model-details.js";
import { asking, warmUp } from "./local-model.js";
import { ForeignFile } from "../litert/metadata.js";
import { openHost } from "../litert/predictor.js";
import { RuntimeMissing, loadRuntime } from "../litert/runtime.js";
import { download, listModels } from "./models.js";
import { fill, loadTemplates } from "../shared/dom.js";
import { bytes } from "../shared/number-format.js";
import {
  VIEWS, about, askForToken, choose, chosen, listChoices, named, panel, select, showChosen, tell,
  tellMissing,
} from "../shared/page.js";

const file = document.getElementById("file");
const own = document.getElementById("own");
const kept = {}; // What was typed, for each task.
let close = () => {};
let controller = new AbortController();
let models = [];

async function look() {
  try {
    models = (await listModels()).map((model, _, all) => ({ ...model, name: nameOf(model, all) }));
    listChoices(models.map(({ file: value, name, task }) => ({ value, name, task })));
    if (models.length) await openChosen();
    else fill(panel, "no-models");
  } catch (error) {
    failed(error, look);
  }
}

/** What a file is called: its own name, or its place where two have the same. */
function nameOf({ file: place }, all) {
  const name = (one) => one.split("/").at(-1).replace(/\.tflite$/, "");
  const isSame = (model) => name(model.file) === name(place);
  return all.filter(isSame).length > 1 ? place : name(place);
}

async function openChosen() {
  const place = chosen();
  if (!place) return showMissing();
  const { name } = models.find((model) => model.file === place);
  showChosen(place, name);
  const beside = (file) => download(place.replace(/[^/]*$/, file), () => {}, controller.signal);
  await open(name, (arrived, signal) => download(place, arrived, signal), async () => {
    // Version 0.1.0 wrote vectors.json.
    const read = await beside("golden.json").catch(() => beside("vectors.json"));
    return JSON.parse(new TextDecoder().decode(read));
  });
}

/** Says that the address names a model that is not in the list, where there is a list. */
function showMissing() {
  if (choose.hidden) return;
  letGo();
  tellMissing(named());
}

/** Opens a file of the user's. */
async function openOwn() {
  const [given] = own.files;
  if (!given) return;
  select.selectedIndex = -1;
  document.title = `${given.name} · nlp_apps`;
  await open(given.name, async () => new Uint8Array(await given.arrayBuffer()));
}

/**
 * Loads a file, shows how far it is, and opens its view.
 *
 * @param {string} name
 * @param {(arrived: Function, signal: AbortSignal) => Promise<Uint8Array>} read gives the file.
 * @param {() => Promise<object>} [readVectors] gives its golden.json.
 */
async function open(name, read, readVectors) {
  letGo();
  const { signal } = (controller = new AbortController());
  const began = performance.now();
  const parts = fill(panel, "arriving");
  parts.name.textContent = name;
  parts.told.textContent = "Asking for it…";
  try {
    const runtime = loadRuntime(); // Comes while the model does.
    runtime.catch(() => {}); // Told below, when the model is there.
    const content = await read((come, size) => showArrival(parts, come, size), signal);
    parts.bar.removeAttribute("value");
    parts.told.textContent = "Making it ready…";
    const litert = await runtime;
    signal.throwIfAborted();
    const host = await openHost(litert, content);
    close = () => host.model.delete();
    await warmUp(host);
    signal.throwIfAborted();
    const model = asking(host);
    const time = performance.now() - began;
    about.textContent = inShort(host.model, content.length, select.value ? "" : name);
    aboutFile(file, host.model, { size: content.length, time }, readVectors);
    file.hidden = false;
    const { task } = model.card;
    kept[task] ??= {};
    const closeView = VIEWS[task].open(panel, model, { failed, kept: kept[task] });
    close = () => {
      closeView();
      host.model.delete();
    };
  } catch (error) {
    const again = () => open(name, read, readVectors);
    if (!signal.aborted) failed(error, error instanceof ForeignFile ? undefined : again);
  }
}

function showArrival({ bar, told }, come, size) {
  if (size) [bar.max, bar.value] = [size, come];
  told.textContent = size ? `${bytes(come)} of ${bytes(size)}` : bytes(come);
}

function letGo() {
  controller.abort();
  close();
  close = () => {};
  tell(null);
  file.hidden = true;
  about.textContent = "";
}

function failed(error, again) {
  if (error instanceof RuntimeMissing) return void fill(panel, "no-runtime");
  if (error?.status !== 401) {
    if (error && panel.querySelector(".arriving")) panel.replaceChildren();
    return tell(error, again);
  }
  letGo();
  askForToken(look);
}

select.addEventListener("change", () => {
  own.value = "";
  showChosen(select.value, select.selectedOptions[0].text);
  openChosen();
});
own.addEventListener("change", openOwn);
addEventListener("hashchange", openChosen);
loadTemplates().then(look);
