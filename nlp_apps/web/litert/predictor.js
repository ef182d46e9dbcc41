/**
 * Predictions of a `.tflite` in JavaScript, as nlp_apps/litert in Python; works without a page.
 *
 *     import * as litert from "@litertjs/core";
 *     await litert.loadLiteRt("node_modules/@litertjs/core/wasm/");
 *     const response = await fetch("translation.tflite");
 *     const translator = await loadPredictor(litert, new Uint8Array(await response.arrayBuffer()));
 *     const { text } = await translator.translate("Wo ist der Bahnhof?");
 */

import { Classifier } from "./classifier.js";
import { Generator } from "./generator.js";
import { Model } from "./model.js";
import { Translator } from "./translator.js";

const PREDICTORS = { translation: Translator, sentiment: Classifier, generation: Generator };

/**
 * Loads a predictor. `predictor.model.delete()` frees its memory.
 *
 * @param {object} litert the module @litertjs/core with its WASM loaded.
 * @param {Uint8Array} bytes the whole `.tflite`.
 * @returns {Promise<Translator | Classifier | Generator>} according to the task of the model.
 * @throws {InvalidModelError}
 */
export async function loadPredictor(litert, bytes) {
  const model = await Model.load(litert, bytes);
  return new PREDICTORS[model.metadata.task](model);
}
