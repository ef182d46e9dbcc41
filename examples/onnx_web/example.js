/** Opens an `.onnx`, and predicts for the text on each Enter. */

import * as ort from "onnxruntime-web/wasm";

import { loadOnnxPredictor } from "../../nlp_apps/web/onnx/onnx-model.js";

ort.env.wasm.wasmPaths = new URL("node_modules/onnxruntime-web/dist/", import.meta.url).href;
ort.env.wasm.numThreads = 1;

const [file, text, prediction] = ["file", "text", "prediction"].map((id) =>
  document.getElementById(id),
);
let predictor;

/** Predicts with any of the three tasks. */
async function predict(input) {
  switch (predictor.model.metadata.task) {
    case "translation":
      return (await predictor.translate(input)).text;
    case "sentiment": {
      const { label, probability } = await predictor.classify(input);
      return `${label}, ${(100 * probability).toFixed(1)} %`;
    }
    default: {
      let continuation = "";
      const parameters = { ...predictor.model.metadata.decoding, seed: 1 };
      for await (const step of predictor.generate(input, parameters)) ({ continuation } = step);
      return input + continuation;
    }
  }
}

file.addEventListener("change", async () => {
  try {
    const bytes = new Uint8Array(await file.files[0].arrayBuffer());
    predictor = await loadOnnxPredictor(ort, bytes);
    prediction.value = `${predictor.model.metadata.name}: ready`;
  } catch (error) {
    prediction.value = error.message;
  }
});

text.addEventListener("change", async () => {
  try {
    if (predictor) prediction.value = await predict(text.value);
  } catch (error) {
    prediction.value = error.message;
  }
});
