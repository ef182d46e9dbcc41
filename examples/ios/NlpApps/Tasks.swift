import Foundation

extension LiteModel {
    /// A translation, and the end of the text that there was no room for.
    func translate(_ source: String) throws -> (text: String, leftOut: String) {
        let whole = plain(source)
        var begin = whole[...]
        var ids = try encode(whole)
        while ids.count > card.tokens {  // about as many words as there is room for
            let room = begin.count * card.tokens / ids.count
            begin = begin.prefix(begin.prefix(room + 1).lastIndex(of: 32).flatMap { $0 > 0 ? $0 : nil } ?? room)
            ids = try encode(Array(begin))
        }
        let (search, counts) = has("beam") ? ("beam", "counts") : ("greedy", "count")
        let found = try run(search, ["ids": row(ids)])  // of beam's answers the best comes first
        let answer = try found.ints("ids").prefix(Int(found.ints(counts)[0]))
        return try (text(decode(Array(answer))), text(whole.dropFirst(begin.count)))
    }

    /// Probabilities by label.
    func classify(_ source: String) throws -> [(label: String, probability: Float)] {
        var ids = try encode(plain(source))
        if ids.count > card.tokens {
            let head = ["tail": 0, "both": card.tokens / 2][card.truncation ?? card.longTexts ?? ""] ?? card.tokens
            ids = Array(ids.prefix(head) + ids.suffix(card.tokens - head))
        }
        let probabilities = try run("classify", ["ids": row(ids)]).floats("probabilities")
        return Array(zip(card.labels ?? [], probabilities)).map { (label: $0, probability: $1) }
    }

    /// Continues a prompt with the card's settings; gives what was added, piece by piece, while it grows.
    func write(_ prompt: String, seed: UInt32, maxTokens: UInt32, give: (String) -> Void) throws {
        let special = card.specialIds
        guard let settings = card.defaults, let shape = card.state, let bos = special.bos ?? special.begin else { return }
        var ids = try [bos] + encode(codePoints(prompt))
        let before = try decode(ids).count
        var state = bytes([Float32](repeating: 0, count: shape[0] * shape[1]))
        for start in stride(from: 0, to: ids.count - 1, by: card.tokens) {
            let part = Array(ids.dropLast()[start...].prefix(card.tokens))
            state = try run("prefill", ["ids": row(part), "state": state]).output(named: "state").data
        }
        var shown = 0
        for step in 0..<maxTokens {
            var inputs = ["token": bytes([ids[ids.count - 1]]), "state": state]
            inputs["temperature"] = bytes([settings.temperature])
            inputs["top_k"] = bytes([settings.topK])
            inputs["top_p"] = bytes([settings.topP])
            inputs["uniform"] = bytes([uniform(seed, step)])
            if card.remembers == true {
                let known = ids.suffix(card.tokens)
                inputs["history"] = bytes([Int32](repeating: 0, count: card.tokens - known.count) + known)
            }
            let found = try run("sample", inputs)
            state = try found.output(named: "state").data
            try ids.append(found.ints("token")[0])
            let hasEnded = ids.last == (special.eos ?? special.end) || step == maxTokens - 1
            var added = try decode(ids).dropFirst(before)
            while !hasEnded, added.last == 0xFFFD { added.removeLast() }  // a character that is not whole yet
            if added.count > shown { give(text(added.dropFirst(shown))) }
            shown = max(shown, added.count)
            if hasEnded { return }
        }
    }
}

/// The random number of a step; as nlp_apps/litert/lite_generator.py, so that a seed gives the same text.
func uniform(_ seed: UInt32, _ step: UInt32) -> Float32 {
    var bits = mix(seed &+ 0x9E37_79B9)
    for value in [0, step] { bits = mix(bits ^ mix(value &+ 1)) }  // 0: the number of the text
    return Float32(bits >> 8) / 16_777_216
}

private func mix(_ bits: UInt32) -> UInt32 {
    let first = (bits ^ bits >> 16) &* 0x7FEB_352D
    let second = (first ^ first >> 15) &* 0x846C_A68B
    return second ^ second >> 16
}
