package nlp.apps

import java.util.regex.PatternSyntaxException
import org.json.JSONArray

private const val MAX_RULES = 32
private const val MAX_CHARACTERS = 20_000
private const val MAX_ENDLESS = 2
private const val MAX_CHOICES = 20_000

/**
 * A character or a class; a group opens; it closes; an alternative; a quantifier with its two numbers; the rest.
 * A class is read with the possessive `*+`: Java's stack is too small for `*` and 5,000 characters.
 */
private val TOKENS = Regex(
    """(\\[^0-9A-Za-z]|\\x[0-9A-Fa-f]{2}|\[\^?\]?(?:\\.|[^\]\\])*+\])""" +
        """|(\((?:\?:|(?!\?)))|(\))|(\|)""" +
        """|([*+?]|\{([0-9]{1,2})?(,)?([0-9]{1,2})?\})""" +
        """|[^\\(){}\[\]*+?|]""",
    RegexOption.DOT_MATCHES_ALL,
)
private val ESCAPED = Regex("""\\.""", RegexOption.DOT_MATCHES_ALL)

/** Parts of a class that have another meaning in Java: nested classes and intersections. */
private val SETS = Regex("""^\[\^?\]?.*\[|--|&&|~~|\|\|""", RegexOption.DOT_MATCHES_ALL)

/**
 * Checks the rules for sentences in metadata, as nlp_apps/litert/rule_checks.py explains: a regular expression
 * can need years for a short text. null: no rules.
 */
fun areSafeRules(rules: JSONArray?): Boolean =
    rules == null || rules.length() <= MAX_RULES && (0 until rules.length()).all { isSafeRule(rules.get(it)) }

/** Checks a rule: two texts, a pattern of two groups and at most one character between them. */
private fun isSafeRule(rule: Any): Boolean {
    if (rule !is JSONArray || rule.length() != 2) return false
    val pattern = rule.get(0) as? String ?: return false
    val infix = rule.get(1) as? String ?: return false
    if (codePoints(pattern + infix).any { it in 0xD800..0xDFFF }) return false
    if (codePoints(pattern).size > MAX_CHARACTERS || codePoints(infix).size > 1 || infix == "\\") return false
    if (!isBounded(pattern)) return false
    return try {
        Regex(pattern).toPattern().matcher("").groupCount() == 2
    } catch (_: PatternSyntaxException) {
        false
    }
}

/** An open group: its number of alternatives, and whether it has choices. */
private class Group(var alternatives: Int = 1, var hasChoices: Boolean = false)

/** Checks tokens, choices and repetitions; a repeated group has no choice inside. */
private fun isBounded(pattern: String): Boolean {
    var choices = 1.0
    var numEndless = 0
    var closedWithChoices = false
    val groups = ArrayDeque<Group>()
    var position = 0
    while (position < pattern.length) {
        val token = TOKENS.find(pattern, position) ?: return false
        if (token.range.first != position) return false // a reference, a lookaround, a flag, a damaged pattern
        position = token.range.last + 1
        val (one, open, close, choice, repeat, least, to, most) = token.destructured
        if (one.startsWith("[") && SETS.containsMatchIn(one.replace(ESCAPED, ""))) return false
        if (close.isNotEmpty()) {
            val group = groups.removeLastOrNull() ?: return false
            choices *= group.alternatives
            closedWithChoices = group.hasChoices || group.alternatives > 1
            if (closedWithChoices) groups.lastOrNull()?.hasChoices = true
            continue
        }
        if (open.isNotEmpty()) {
            groups.addLast(Group())
        } else if (choice.isNotEmpty()) {
            val group = groups.lastOrNull() ?: return false
            group.alternatives += 1
            group.hasChoices = true
        } else if (repeat.isNotEmpty()) {
            if (closedWithChoices && repeat != "?") return false
            val number = mostOf(repeat, least, to, most)
            if (number == 0) numEndless += 1
            choices *= number + 1
            groups.lastOrNull()?.hasChoices = true
        }
        closedWithChoices = false
    }
    return numEndless <= MAX_ENDLESS && choices <= MAX_CHOICES
}

/** The maximum number of repetitions of a quantifier; 0: without an end. */
private fun mostOf(repeat: String, least: String, to: String, most: String): Int = when {
    repeat == "*" || repeat == "+" -> 0
    repeat == "?" -> 1
    to.isNotEmpty() && most.isEmpty() -> 0
    else -> most.ifEmpty { least }.ifEmpty { "0" }.toInt()
}
