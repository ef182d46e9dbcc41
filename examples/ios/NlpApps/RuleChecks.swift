import Foundation

private let maxRules = 32
private let maxCharacters = 20_000
private let maxEndless = 2
private let maxChoices = 20_000.0

/// A character or a class; a group opens; it closes; an alternative; a quantifier with its two numbers; the rest.
private let tokens = try! NSRegularExpression(
    pattern: #"(\\[^0-9A-Za-z]|\\x[0-9A-Fa-f]{2}|\[\^?\]?(?:\\.|[^\]\\])*\])"#
        + #"|(\((?:\?:|(?!\?)))|(\))|(\|)"#
        + #"|([*+?]|\{([0-9]{1,2})?(,)?([0-9]{1,2})?\})"#
        + #"|[^\\(){}\[\]*+?|]"#,
    options: .dotMatchesLineSeparators
)

/// Parts of a class that have another meaning in Swift: nested classes, differences and intersections.
private let sets = #"(?s)^\[\^?\]?.*\[|--|&&|~~|\|\|"#

/// Checks the rules for sentences in metadata, as nlp_apps/litert/rule_checks.py explains: a regular expression
/// can need years for a short text.
func areSafeRules(_ rules: [[String]]) -> Bool { rules.count <= maxRules && rules.allSatisfy(isSafeRule) }

/// Checks a rule: two texts, a pattern of two groups and at most one character between them.
private func isSafeRule(_ rule: [String]) -> Bool {
    guard rule.count == 2 else { return false }
    let (pattern, infix) = (rule[0], rule[1])
    if pattern.unicodeScalars.count > maxCharacters || infix.unicodeScalars.count > 1 || infix == "\\" { return false }
    guard isBounded(pattern), let expression = try? NSRegularExpression(pattern: pattern) else { return false }
    return expression.numberOfCaptureGroups == 2
}

/// Checks tokens, choices and repetitions; a repeated group has no choice inside.
private func isBounded(_ pattern: String) -> Bool {
    let text = pattern as NSString
    var (choices, numEndless, position) = (1.0, 0, 0)
    var closedWithChoices = false
    var groups: [(alternatives: Int, hasChoices: Bool)] = []
    while position < text.length {
        let rest = NSRange(location: position, length: text.length - position)
        guard let token = tokens.firstMatch(in: pattern, options: .anchored, range: rest) else { return false }
        position = token.range.location + token.range.length
        func part(_ index: Int) -> String? {
            let range = token.range(at: index)
            return range.location == NSNotFound ? nil : text.substring(with: range)
        }
        if let one = part(1), one.hasPrefix("[") {
            let plain = one.replacingOccurrences(of: #"(?s)\\."#, with: "", options: .regularExpression)
            if plain.range(of: sets, options: .regularExpression) != nil { return false }
        }
        if part(3) != nil {
            guard let group = groups.popLast() else { return false }
            choices *= Double(group.alternatives)
            closedWithChoices = group.hasChoices || group.alternatives > 1
            if closedWithChoices, !groups.isEmpty { groups[groups.count - 1].hasChoices = true }
            continue
        }
        if part(2) != nil {
            groups.append((1, false))
        } else if part(4) != nil {
            if groups.isEmpty { return false }
            groups[groups.count - 1].alternatives += 1
            groups[groups.count - 1].hasChoices = true
        } else if let quantifier = part(5) {
            if closedWithChoices, quantifier != "?" { return false }
            let most = mostOf(quantifier, part(6), part(7), part(8))
            if most == 0 { numEndless += 1 }
            choices *= Double(most + 1)
            if !groups.isEmpty { groups[groups.count - 1].hasChoices = true }
        }
        closedWithChoices = false
    }
    return numEndless <= maxEndless && choices <= maxChoices
}

/// The maximum number of repetitions of a quantifier; 0: without an end.
private func mostOf(_ quantifier: String, _ least: String?, _ to: String?, _ most: String?) -> Int {
    switch quantifier {
    case "*", "+": return 0
    case "?": return 1
    default: return to != nil && most == nil ? 0 : Int(most ?? least ?? "0") ?? 0
    }
}
