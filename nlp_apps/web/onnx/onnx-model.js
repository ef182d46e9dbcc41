/** A loaded `.onnx`, as nlp_apps/litert/onnx_model.py; the predictors of ../litert/ accept it. */

import { Classifier } from "../litert/classifier.js";
import { Generator } from "../litert/generator.js";
import { Model } from "../litert/model.js";
import { Translator } from "../litert/translator.js";
import { readProperties } from "./onnx-properties.js";

const SIGNATURE = "signature";
const ARRAYS = { int32: Int32Array, float32: Float32Array };
const PREDICTORS = { translation: Translator, sentiment: Classifier, generation: Generator };

export class OnnxModel extends Model {
  #ort;
  #session;
  #outputs;
  #zeros;

  constructor(ort, session, files) {
    super(undefined, undefined, files);
    this.#ort = ort;
    this.#session = session;
    this.#outputs = new Map(session.outputMetadata.map(({ name, shape }) => [name, shape]));
    // A shape has the name of a size that differs between signatures.
    this.#zeros = Object.fromEntries(
      session.inputMetadata
        .filter(({ name }) => name !== SIGNATURE)
        .map(({ name, type, shape }) => [
          name,
          this.#tensor(type, [], shape.map((size) => (typeof size === "number" ? size : 1))),
        ]),
    );
  }

  /**
   * Loads a model.
   *
   * @param {object} ort the module onnxruntime-web.
   * @param {Uint8Array} bytes the whole file.
   * @returns {Promise<OnnxModel>} with the attributes `metadata`, `pieces` and `sourcePieces`.
   * @throws {InvalidModelError}
   */
  static async load(ort, bytes) {
    const files = readProperties(bytes);
    const options = { executionProviders: ["wasm"] };
    return new OnnxModel(ort, await ort.InferenceSession.create(bytes, options), files);
  }

  /** Names of the signatures. */
  get signatures() {
    return Object.keys(this.shapes);
  }

  /** Frees the memory of the model. */
  delete() {
    return this.#session.release();
  }

  /** Runs a signature; see `Model.run`. */
  async run(signature, inputs) {
    const feeds = { ...this.#zeros, [SIGNATURE]: new this.#ort.Tensor("string", [signature], [1]) };
    for (const [name, shape] of Object.entries(this.shapes[signature])) {
      feeds[name] = this.#tensor(this.#zeros[name].type, inputs[name] ?? [], shape);
    }
    const names = this.outputNames(signature);
    const found = await this.#session.run(feeds, names.map((name) => `${signature}.${name}`));
    return Object.fromEntries(names.map((name) => [name, found[`${signature}.${name}`].data]));
  }

  /** Names of the outputs of a signature. */
  outputNames(signature) {
    const prefix = `${signature}.`;
    const names = [...this.#outputs.keys()].filter((name) => name.startsWith(prefix));
    return names.map((name) => name.slice(prefix.length));
  }

  /** Shape of an output. */
  outputShape(signature, output) {
    return [...this.#outputs.get(`${signature}.${output}`)];
  }

  #tensor(type, values, shape) {
    const padded = new ARRAYS[type](shape.reduce((product, size) => product * size, 1));
    padded.set(values);
    return new this.#ort.Tensor(type, padded, shape);
  }
}

/**
 * Loads a predictor.
 *
 *     import * as ort from "onnxruntime-web/wasm";
 *     const response = await fetch("translation.onnx");
 *     const bytes = new Uint8Array(await response.arrayBuffer());
 *     const { text } = await (await loadOnnxPredictor(ort, bytes)).translate("Wo ist er?");
 *
 * @param {object} ort the module onnxruntime-web.
 * @param {Uint8Array} bytes the whole `.onnx`.
 * @returns {Promise<Translator | Classifier | Generator>} according to the task of the model.
 * @throws {InvalidModelError}
 */
export async function loadOnnxPredictor(ort, bytes) {
  const model = await OnnxModel.load(ort, bytes);
  return new PREDICTORS[model.metadata.task](model);
}
