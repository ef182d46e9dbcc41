import Foundation

extension LiteModel {
    /// A translation, and the end of the source text that exceeds the model's maximum length.
    /// Each sentence is translated and the translations are joined, as the metadata of the model says.
    func translate(_ source: String) throws -> (text: String, truncated: String) {
        let found = try sentences(text(normalize(source))).map { try translateSentence(codePoints($0)) }
        let isChinese = { (one: String) in one.range(of: chineseEnd, options: .regularExpression) != nil }
        let texts = found.map(\.text).filter { !$0.isEmpty }
        var joined = texts.map { isChinese($0) ? $0 : $0 + " " }.joined()
        while joined.last == " " { joined.removeLast() }
        return (joined, found.map(\.truncated).joined())
    }

    /// Splits a line by the rules of the model, as nlp_apps/text/sentences.py; without rules it is one sentence.
    private func sentences(_ line: String) -> [String] {
        let marked = (metadata.sentenceRules ?? []).reduce(line) { applied(rule: $1, to: $0) }
        let found = marked.components(separatedBy: "\n")
        return found.count > 1 ? found : [line]
    }

    private func translateSentence(_ whole: [Int32]) throws -> (text: String, truncated: String) {
        var kept = whole[...]
        var ids = try encode(whole)
        while ids.count > metadata.tokens {  // shorten in proportion, at a space
            let share = kept.count * metadata.tokens / ids.count
            kept = kept.prefix(kept.prefix(share + 1).lastIndex(of: 32).flatMap { $0 > 0 ? $0 : nil } ?? share)
            ids = try encode(Array(kept))
        }
        let (search, counts) = has("beam") ? ("beam", "counts") : ("greedy", "count")
        let found = try run(search, ["ids": row(ids)])  // beam: the best hypothesis comes first
        let best = try found.ints("ids").prefix(Int(found.ints(counts)[0]))
        return try (text(decode(Array(best))), text(whole.dropFirst(kept.count)))
    }

    /// The token ids of a text that a classifier reads.
    func classifierIds(_ source: String) throws -> [Int32] {
        let all = try encode(normalize(source))
        if all.count <= metadata.tokens { return all }
        let head = ["tail": 0, "both": metadata.tokens / 2][metadata.truncation ?? ""] ?? metadata.tokens
        return Array(all.prefix(head) + all.suffix(metadata.tokens - head))
    }

    /// Probabilities by label.
    func classify(_ source: String) throws -> [(label: String, probability: Float)] {
        let probabilities = try run("classify", ["ids": row(classifierIds(source))]).floats("probabilities")
        return Array(zip(metadata.labels ?? [], probabilities)).map { (label: $0, probability: $1) }
    }

    /// The state before the first token of a text.
    func initialState() -> Data { zeros((metadata.state ?? []).reduce(1, *)) }

    /// The state after token ids.
    func stateAfter(_ ids: [Int32]) throws -> Data {
        var state = initialState()
        for start in stride(from: 0, to: ids.count, by: metadata.tokens) {
            let window = Array(ids[start...].prefix(metadata.tokens))
            state = try run("prefill", ["ids": row(window), "state": state]).output(named: "state").data
        }
        return state
    }

    /// Continues a prompt with the default parameters of the model; passes the added text to `onText` as it grows.
    func generate(_ prompt: String, seed: UInt32, limit: UInt32, onText: (String) -> Void) throws {
        guard let defaults = metadata.defaults else { return }
        var ids = try [metadata.specialIds.bos] + encode(normalizeDocument(prompt))
        let promptLength = try decode(ids).count
        var state = try stateAfter(Array(ids.dropLast()))
        var shown = 0
        for step in 0..<limit {
            var inputs = ["token": bytes([ids[ids.count - 1]]), "state": state]
            inputs["temperature"] = bytes([defaults.temperature])
            inputs["top_k"] = bytes([defaults.topK])
            inputs["top_p"] = bytes([defaults.topP])
            inputs["uniform"] = bytes([uniform(seed, step)])
            if metadata.remembers == true {
                let last = ids.suffix(metadata.tokens)
                inputs["history"] = bytes([Int32](repeating: 0, count: metadata.tokens - last.count) + last)
            }
            let found = try run("sample", inputs)
            state = try found.output(named: "state").data
            try ids.append(found.ints("token")[0])
            let ended = ids.last == metadata.specialIds.eos || step == limit - 1
            var added = try decode(ids).dropFirst(promptLength)
            while !ended, added.last == 0xFFFD { added.removeLast() }  // an incomplete character
            if added.count > shown { onText(text(added.dropFirst(shown))) }
            shown = max(shown, added.count)
            if ended { return }
        }
    }
}

/// Replaces every match of a rule by its first group, its text and its second group.
private func applied(rule: [String], to line: String) -> String {
    guard let expression = try? NSRegularExpression(pattern: rule[0]) else { return line }
    let text = line as NSString
    var (found, end) = ("", 0)
    for match in expression.matches(in: line, range: NSRange(location: 0, length: text.length)) {
        func group(_ index: Int) -> String {
            let range = match.range(at: index)
            return range.location == NSNotFound ? "" : text.substring(with: range)
        }
        found += text.substring(with: NSRange(location: end, length: match.range.location - end))
        found += group(1) + rule[1] + group(2)
        end = match.range.location + match.range.length
    }
    return found + text.substring(from: end)
}

private let chineseEnd = #"[。！？]["'”’»“)\]」』》）]*$"#

/// Uniform noise in [0, 1) for a step, as in nlp_apps/litert/lite_generator.py, so that a seed generates the same text.
func uniform(_ seed: UInt32, _ step: UInt32) -> Float32 {
    var bits = mix(seed &+ 0x9E37_79B9)
    for value in [0, step] { bits = mix(bits ^ mix(value &+ 1)) }  // 0: index of the text
    return Float32(bits >> 8) / 16_777_216
}

private func mix(_ bits: UInt32) -> UInt32 {
    let first = (bits ^ bits >> 16) &* 0x7FEB_352D
    let second = (first ^ first >> 15) &* 0x846C_A68B
    return second ^ second >> 16
}
