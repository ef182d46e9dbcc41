/** Splits lines into sentences by the rules in a model's metadata, as nlp_apps/text/sentences.py. */

const WITHOUT_SPACE_AFTER = /^$|[。！？]["'”’»“)\]」』》）]*$/;

/**
 * @param {string} text a normalized text.
 * @param {[string, string][]} rules regular expressions with two groups, and the text to put between
 *   the groups, checked by `rule-checks.js`; without rules a text is one sentence.
 * @returns {string[]} at least one sentence.
 */
export function splitSentences(text, rules = []) {
  const apply = (marked, [pattern, infix]) =>
    marked.replace(new RegExp(pattern, "gu"), (_, one = "", two = "") => one + infix + two);
  const sentences = rules.reduce(apply, text).split("\n");
  return sentences.length > 1 ? sentences : [text];
}

/** Joins sentences with a space, and without one after a Chinese mark. */
export function joinSentences(sentences) {
  if (sentences.length === 1) return sentences[0];
  const spaced = sentences.map((one) => (WITHOUT_SPACE_AFTER.test(one) ? one : `${one} `));
  return spaced.join("").replace(/ +$/, "");
}
