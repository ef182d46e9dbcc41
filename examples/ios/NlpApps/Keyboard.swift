import Foundation

/// Suggests words and learns from texts of the user, as nlp_apps/litert/lite_keyboard.py.
final class Keyboard {
    private let model: LiteModel
    private let maxBegun: Int
    private let sizes: (keys: Int, cached: Int)  // numbers of 4 bytes
    private var keys, cached, position: Data

    init(_ model: LiteModel) {
        let cache = model.metadata.cache ?? [0, 0]
        let numKeys = cache[0] * cache[1]
        self.model = model
        maxBegun = model.metadata.begun ?? 0
        sizes = (numKeys, cache[0])
        keys = zeros(numKeys)
        cached = zeros(cache[0])
        position = zeros(1)
    }

    /// The most probable next words, or completions of the last word of the text; it has ended if a space follows.
    func suggest(_ source: String, number: Int = 3) throws -> [(word: String, probability: Float)] {
        let (before, begun) = splitBegunWord(text(normalizeDocument(source)))
        let ids = try [model.metadata.specialIds.bos] + model.encode(codePoints(before.isEmpty ? "\n" : before))
        var inputs = try ["token": bytes([ids[ids.count - 1]]), "state": model.stateAfter(Array(ids.dropLast()))]
        inputs["begun"] = bytes(padded(Array(codePoints(begun).prefix(maxBegun)), maxBegun))
        inputs["keys"] = keys
        inputs["cached"] = cached
        let found = try model.run("suggest", inputs)
        let (characters, counts) = try (found.ints("codepoints"), found.ints("counts"))
        let (logs, width) = try (found.floats("log_probabilities"), characters.count / counts.count)
        var words: [String: Float] = [:]  // rows may hold the same word
        for (row, count) in counts.enumerated() where count > 0 {
            let word = text(characters.dropFirst(row * width).prefix(Int(count)))
            words[word.hasPrefix(" ") ? String(word.dropFirst()) : word, default: 0] += exp(logs[row])
        }
        let best = words.sorted { $0.value > $1.value }.prefix(number)
        return best.map { (word: $0.key, probability: $0.value) }
    }

    /// Reads a text into the cache. Returns the surprisal of each token, in nats, before it was learned.
    @discardableResult
    func learn(_ source: String) throws -> [Float] {
        let ids = try model.encode(normalizeDocument(source))
        var (last, state) = (model.metadata.specialIds.bos, model.initialState())
        var nats: [Float] = []
        for start in stride(from: 0, to: ids.count, by: model.metadata.tokens) {
            let part = Array(ids[start...].prefix(model.metadata.tokens))
            var inputs = ["ids": model.row(part), "token": bytes([last]), "state": state]
            inputs.merge(["keys": keys, "cached": cached, "position": position]) { $1 }
            let found = try model.run("learn", inputs)
            keys = try found.output(named: "keys").data
            cached = try found.output(named: "cached").data
            position = try found.output(named: "position").data
            state = try found.output(named: "state").data
            nats += try found.floats("nats").prefix(part.count)
            last = part[part.count - 1]
        }
        return nats
    }

    /// Forgets all texts that it has learned from.
    func forget() { (keys, cached, position) = (zeros(sizes.keys), zeros(sizes.cached), zeros(1)) }

    /// Returns the learned state, to be stored in a file. It belongs to this model alone.
    func save() -> Data { keys + cached + position }

    /// Replaces the learned state by the bytes of `save`.
    func restore(_ learned: Data) throws {
        guard learned.count == save().count else { throw ModelError.otherModel }
        keys = Data(learned.prefix(4 * sizes.keys))
        cached = Data(learned.dropFirst(4 * sizes.keys).prefix(4 * sizes.cached))
        position = Data(learned.suffix(4))
    }
}

/// The part of a text before its last word, and this word with the space before it, as nlp_apps/decoding/begun_word.py.
private func splitBegunWord(_ text: String) -> (before: String, begun: String) {
    if let last = text.unicodeScalars.last, closing.unicodeScalars.contains(last) { return (text, " ") }
    let start = text.range(of: begunWord, options: .regularExpression)?.lowerBound ?? text.endIndex
    return (String(text[..<start]), String(text[start...]))
}

/// Punctuation that a space follows, also one that is not written yet.
private let closing = ".,;:!?)]}…»”"

/// The lookbehind skips places inside words, so that a word of any length is read once.
private let begunWord = #" ?(?<![\p{L}\p{M}\p{N}'’-])[\p{L}\p{M}\p{N}'’-]*+\z"#
