/** Beam search with constraints, as nlp_apps/litert/constrained_search.py, which explains it. */

const NEG_INF = -1e9;
const { fround } = Math;
const log = (value) => fround(Math.log(Math.max(value, 1e-30)));

/**
 * Searches hypotheses that contain every target.
 *
 * @param {(tokens: number[], rows: number[]) => Promise<{ logProbabilities: Float32Array[],
 *   attention: Float32Array[] | null }>} step feeds the last token of each hypothesis; `rows` are
 *   the hypotheses of the step before that they continue.
 * @param {{ span: boolean[], ids: number[], isReserved: boolean }[]} targets
 * @param {object} settings the metadata's `decoding`.
 * @param {{ beamSize: number, limit: number, bos: number, eos: number, continuesWord: boolean[] }}
 *   options
 * @returns {Promise<{ coded: number[], total: number }[]>} best first.
 */
export async function constrainedSearch(step, targets, settings, options) {
  const { beamSize, limit, bos, eos, continuesWord } = options;
  const size = continuesWord.length;
  let alive = [{
    coded: [], total: 0, missing: [...targets.keys()], active: -1, position: 0, isAfter: false,
    row: 0, coverage: [],
  }];
  let pool = [];
  let count = 0;
  for (let time = 0; time < limit && alive.length && count < beamSize; time += 1) {
    const tokens = alive.map(({ coded }) => (coded.length ? coded.at(-1) % size : bos));
    const found = await step(tokens, alive.map(({ row }) => row));
    const candidates = [];
    const scored = alive.map((one, row) => {
      const logs = found.logProbabilities[row].slice();
      for (const token of repeated(one.coded, size, settings.no_repeat_ngram_size ?? 0)) {
        logs[token] = NEG_INF;
      }
      const weights = found.attention?.[row];
      return score(targets, one, logs, weights, limit - time, eos, continuesWord);
    });
    for (const [row, { best }] of scored.entries()) {
      for (let token = 0; token < size; token += 1) {
        const total = fround(alive[row].total + best[token]);
        const isAllowed = total > NEG_INF / 2 && (time < limit - 1 || token === eos);
        if (isAllowed) insert(candidates, { row, token, total }, 2 * beamSize);
      }
    }
    const following = candidates.map(({ row, token, total }) => ({
      ...extend(targets, alive[row], row, token, scored[row], size),
      total,
      coverage: Array.from(found.attention?.[row] ?? [], (weight, index) =>
        weight + (alive[row].coverage[index] ?? 0)),
    }));
    for (const one of following.slice(0, beamSize)) {
      if (one.coded.at(-1) !== eos) continue;
      const beta = settings.coverage_penalty ?? 0;
      const covered = one.coverage.slice(0, options.length)
        .reduce((sum, weight) => sum + Math.log(Math.min(Math.max(weight, 1e-4), 1)), 0);
      const penalty = ((6 + time) / 6) ** (settings.length_penalty ?? 0);
      pool.push({ ...one, rank: one.total / penalty + beta * covered });
      count += 1;
    }
    alive = following.filter(({ coded }) => coded.at(-1) !== eos).slice(0, beamSize);
    pool = pool.sort((a, b) => b.rank - a.rank).slice(0, beamSize);
  }
  return pool;
}

/** Inserts a candidate into the best `count`, after those of the same total. */
function insert(candidates, candidate, count) {
  if (candidates.length === count && candidate.total <= candidates.at(-1).total) return;
  let place = candidates.length;
  while (place && candidates[place - 1].total < candidate.total) place -= 1;
  candidates.splice(place, 0, candidate);
  candidates.length = Math.min(candidates.length, count);
}

function score(targets, one, logs, weights, stepsLeft, eos, continuesWord) {
  if (one.active >= 0) {
    const forced = new Float32Array(logs.length).fill(NEG_INF);
    forced[targets[one.active].ids[one.position]] = 0;
    return { best: forced, free: forced, starts: new Map() };
  }
  const mass = one.missing.map((index) =>
    targets[index].span.reduce((sum, isIn, at) => sum + (isIn ? weights?.[at] ?? 0 : 0), 0));
  const rest = fround(Math.max(1 - mass.reduce((sum, value) => sum + value, 0), 0));
  const earlyEos = rest * Math.exp(logs[eos]);
  const starts = new Map(one.missing.map((index, order) =>
    [index, log(mass[order] + (order ? 0 : earlyEos))]));
  const free = logs.map((value) => value + log(rest));
  if (one.missing.length) {
    const numLeft = one.missing.reduce((sum, index) => sum + targets[index].ids.length, 1);
    free[eos] = NEG_INF;
    if (numLeft >= stepsLeft) free.fill(NEG_INF);
  }
  if (one.isAfter) continuesWord.forEach((isWord, token) => { if (isWord) free[token] = NEG_INF; });
  for (const { isReserved, ids } of targets) if (isReserved) free[ids[0]] = NEG_INF;
  const best = free.slice();
  for (const [index, value] of starts) {
    const first = targets[index].ids[0];
    best[first] = Math.max(best[first], value);
  }
  return { best, free, starts };
}

function extend(targets, one, row, token, { free, starts }, size) {
  let { active, missing } = one;
  let position = one.position + 1;
  if (active < 0) {
    let started = -1;
    for (const [index, value] of starts) {
      const isSame = targets[index].ids[0] === token;
      if (isSame && (started < 0 || value > starts.get(started))) started = index;
    }
    if (started >= 0 && starts.get(started) >= free[token]) {
      active = started;
      position = 1;
      missing = missing.filter((index) => index !== started);
    }
  }
  const isAfter = active >= 0 && position >= targets[active].ids.length;
  const coded = [...one.coded, token + size * (active + 1)];
  return { coded, missing, active: isAfter ? -1 : active, position, isAfter, row };
}

/** Tokens that would repeat an n-gram. */
function repeated(coded, size, ngramSize) {
  if (!ngramSize || coded.length < ngramSize) return [];
  const tokens = coded.map((one) => one % size);
  const context = String(tokens.slice(tokens.length - ngramSize + 1));
  return tokens.filter((_, end) =>
    end >= ngramSize - 1 && String(tokens.slice(end - ngramSize + 1, end)) === context);
}
