/** Compares a `.tflite` with its golden outputs; nlp_apps/litert/golden.py defines the format. */

const NEG_INF = -1e9; // Log probability of an impossible token; left out of sums.

/**
 * Tolerances, absolute and relative. Integers must be equal.
 *
 * CPUs multiply int8 weights in different ways. Of a beam search with such weights only the best
 * hypothesis is compared: the others may tie to three digits.
 */
const TOLERANCE = { none: 1e-4, float16: 1e-4, dynamic: 0.01 };
const RANKED = ["ids", "counts", "scores"];

/**
 * Runs the steps of all cases.
 *
 * @param {Model} model
 * @param {{ task: string, cases: { text: string, steps: object[] }[] }} golden
 * @returns {Promise<{ numSteps: number, differences: { text: string, step: number,
 *   signature: string, output: string }[] }>}
 */
export async function compareGolden(model, { cases }) {
  const { quantize } = model.metadata;
  const differences = [];
  let numSteps = 0;
  for (const { text, steps } of cases) {
    const results = [];
    for (const [step, { signature, inputs, outputs }] of steps.entries()) {
      results.push(await model.run(signature, resolve(inputs, results)));
      numSteps += 1;
      for (const [output, expected] of Object.entries(outputs)) {
        const shape = model.outputShape(signature, output);
        const onlyBest = quantize === "dynamic" && signature === "beam" && RANKED.includes(output);
        const size = results[step][output].length / (onlyBest ? shape[1] : 1);
        const isEqual = String(expected.shape) === String(shape)
          && isClose(expected, results[step][output], size, TOLERANCE[quantize]);
        if (!isEqual) differences.push({ text, step, signature, output });
      }
    }
  }
  return { numSteps, differences };
}

/** Replaces inputs that name an output of an earlier step by this output. */
function resolve(inputs, results) {
  const valueOf = (input) => (Array.isArray(input) ? input : results[input.step][input.output]);
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, valueOf(input)]));
}

/** Compares the first `size` numbers of an output; the golden file leaves out trailing zeros. */
function isClose({ values, head, sum }, output, size, tolerance) {
  const isInteger = output instanceof Int32Array;
  const close = (one, other) =>
    isInteger ? one === other : Math.abs(one - other) <= tolerance * (1 + Math.abs(one));
  if (head) {
    return head.every((one, index) => close(one, output[index])) && close(sum, finiteSum(output));
  }
  return output.subarray(0, size).every((one, index) => close(values[index] ?? 0, one));
}

function finiteSum(values) {
  return values.reduce((sum, one) => (one > NEG_INF / 2 ? sum + one : sum), 0);
}
