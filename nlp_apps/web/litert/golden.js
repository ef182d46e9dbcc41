/** Checks a `.tflite` against its test vectors; their format: nlp_apps/litert/golden.py. */

const IMPOSSIBLE = -1e9; // Log probability of what is never chosen; left out of sums.

/**
 * How far figures may be apart, absolutely and in proportion. Whole numbers must be the same.
 *
 * Processors multiply rounded weights in ways of their own; of a search with them only the best
 * answer must be the same, for others may be as good to the third digit.
 */
const NEAR = { none: 1e-4, float16: 1e-4, dynamic: 0.01 };
const RANKED = ["ids", "counts", "scores"];

/**
 * Walks the steps of all cases.
 *
 * @param {Model} model
 * @param {{ task: string, cases: { text: string, steps: object[] }[] }} vectors
 * @returns {Promise<{ steps: number, wrong: { text: string, step: number, signature: string,
 *   output: string }[] }>} how many were walked, and which outputs are not as they were.
 */
export async function checkVectors(model, { cases }) {
  const { quantize } = model.card;
  const wrong = [];
  let count = 0;
  for (const { text, steps } of cases) {
    const found = [];
    for (const [step, { signature, inputs, outputs }] of steps.entries()) {
      const given = Object.entries(inputs).map(([name, value]) => [name, givenOf(value, found)]);
      found.push(await model.run(signature, Object.fromEntries(given)));
      count += 1;
      for (const [output, wanted] of Object.entries(outputs)) {
        const shape = model.shapeOf(signature, output);
        const ranks = quantize === "dynamic" && signature === "beam" && RANKED.includes(output);
        const compared = found[step][output].length / (ranks ? shape[1] : 1);
        const isSame = String(wanted.shape) === String(shape)
          && isAs(wanted, found[step][output], compared, NEAR[quantize]);
        if (!isSame) wrong.push({ text, step, signature, output });
      }
    }
  }
  return { steps: count, wrong };
}

function givenOf(value, found) {
  return Array.isArray(value) ? value : found[value.step][value.output];
}

/** Whether so many numbers of an output are what they were; zeros at their end were left out. */
function isAs({ values, head, sum }, found, compared, near) {
  const isWhole = found instanceof Int32Array;
  const close = (one, other) =>
    isWhole ? one === other : Math.abs(one - other) <= near * (1 + Math.abs(one));
  if (head) {
    return head.every((one, index) => close(one, found[index])) && close(sum, sumOf(found));
  }
  return found.subarray(0, compared).every((one, index) => close(values[index] ?? 0, one));
}

function sumOf(values) {
  return values.reduce((sum, one) => (one > IMPOSSIBLE / 2 ? sum + one : sum), 0);
}
