/**
 * What a program does around a `.tflite` of nlp_apps, as nlp_apps/device does it in Python; needs no
 * page. `litert` is the module @litertjs/core, its WASM loaded.
 *
 *     const host = await openHost(litert, new Uint8Array(await response.arrayBuffer()));
 *     (await host.translate("Wo ist der Bahnhof?")).text
 */

import { Classifier } from "./classifier.js";
import { Model } from "./model.js";
import { Translator } from "./translator.js";
import { Writer } from "./generator.js";

const HOSTS = { translation: Translator, sentiment: Classifier, generation: Writer };

/**
 * Opens a file; `host.model.delete()` lets go of its memory.
 *
 * @param {object} litert
 * @param {Uint8Array} bytes the whole file.
 * @returns {Promise<Translator | Classifier | Writer>} by the task of its card.
 */
export async function openHost(litert, bytes) {
  const model = await Model.open(litert, bytes);
  return new HOSTS[model.card.task](model);
}
