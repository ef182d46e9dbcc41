/** Check of a stranger's rules for sentences, as nlp_apps/litert/rule_checks.py explains. */

export const MAX_RULES = 32;
const MAX_CHARACTERS = 20_000;
const MAX_ENDLESS = 2;
const MAX_CHOICES = 20_000;

const TOKENS = new RegExp(
  String.raw`(?<one>\\[^0-9A-Za-z]|\\x[0-9A-Fa-f]{2}|\[\^?\]?(?:\\.|[^\]\\])*\])`
    + String.raw`|(?<open>\((?:\?:|(?!\?)))|(?<close>\))|(?<choice>\|)`
    + String.raw`|(?<repeat>[*+?]|\{(?<least>[0-9]{1,2})?(?<to>,)?(?<most>[0-9]{1,2})?\})`
    + String.raw`|(?<plain>[^\\()\{\}\[\]*+?\|])`,
  "suy",
);
const ESCAPED = /\\./gsu;
const SETS = /^\[\^?\[|--|&&|~~|\|\|/;

/** Checks `sentence_rules` of metadata; without any, they are safe. */
export function areSafeRules(rules = []) {
  return Array.isArray(rules) && rules.length <= MAX_RULES && rules.every(isSafeRule);
}

/** Checks a rule: two texts, a pattern of two groups and at most one character between them. */
export function isSafeRule(rule) {
  if (!Array.isArray(rule) || rule.length !== 2) return false;
  if (!rule.every((one) => typeof one === "string" && !/\p{Cs}/u.test(one))) return false;
  const [pattern, infix] = rule;
  if (length(pattern) > MAX_CHARACTERS || length(infix) > 1 || infix === "\\") return false;
  if (!isBounded(pattern)) return false;
  try {
    return new RegExp(`${pattern}|`, "u").exec("").length === 3; // The last choice is empty.
  } catch {
    return false;
  }
}

/** Checks tokens, choices and repetitions; a repeated group has no choice inside. */
function isBounded(pattern) {
  let choices = 1;
  let numEndless = 0;
  let closedWithChoices = false;
  const groups = []; // of each open group: its alternatives, has it choices
  for (TOKENS.lastIndex = 0; TOKENS.lastIndex < pattern.length; ) {
    const token = TOKENS.exec(pattern);
    if (!token) return false; // a reference, a lookaround, a flag, a damaged pattern
    const { one, open, close, choice, repeat } = token.groups;
    const group = groups.at(-1);
    if (one && SETS.test(one.replace(ESCAPED, ""))) return false;
    if (open) {
      groups.push({ alternatives: 1, hasChoices: false });
    } else if (close) {
      if (!group) return false;
      groups.pop();
      choices *= group.alternatives;
      closedWithChoices = group.hasChoices || group.alternatives > 1;
      if (groups.length && closedWithChoices) groups.at(-1).hasChoices = true;
      continue;
    } else if (choice) {
      if (!group) return false;
      group.alternatives += 1;
      group.hasChoices = true;
    } else if (repeat) {
      if (closedWithChoices && repeat !== "?") return false;
      const most = mostOf(token.groups);
      numEndless += Number(most === 0);
      choices *= most + 1;
      if (group) group.hasChoices = true;
    }
    closedWithChoices = false;
  }
  return numEndless <= MAX_ENDLESS && choices <= MAX_CHOICES;
}

/** The maximum number of repetitions of a quantifier; 0: without an end. */
function mostOf({ repeat, least, to, most }) {
  if (repeat === "*" || repeat === "+") return 0;
  if (repeat === "?") return 1;
  return to && !most ? 0 : Number(most ?? least ?? 0);
}

/** The number of code points. */
function length(text) {
  return Array.from(text).length;
}
