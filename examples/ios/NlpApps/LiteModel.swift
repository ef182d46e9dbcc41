import Foundation
import TensorFlowLite

/// A loaded .tflite; as nlp_apps/litert/lite_model.py. A text is an array of code points. One thread at a time.
final class LiteModel {
    let card: Card
    private let interpreter: Interpreter
    private var runners: [String: SignatureRunner] = [:]

    /// - Parameter name: of NAME.tflite in the bundle, beside NAME.json, its card.
    init(name: String) throws {
        func path(_ type: String) -> String { Bundle.main.path(forResource: name, ofType: type) ?? "" }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        card = try decoder.decode(Card.self, from: Data(contentsOf: URL(fileURLWithPath: path("json"))))
        interpreter = try Interpreter(modelPath: path("tflite"))
    }

    func has(_ signature: String) -> Bool { interpreter.signatureKeys.contains(signature) }

    /// Runs a signature: Int32 or Float32 in, as many as the input's shape says.
    func run(_ signature: String, _ inputs: [String: Data]) throws -> SignatureRunner {
        let runner = try runners[signature] ?? interpreter.signatureRunner(with: signature)
        runners[signature] = runner
        try runner.invoke(with: inputs)
        return runner
    }

    /// Cuts a text of any length into tokens.
    func encode(_ text: [Int32]) throws -> [Int32] {
        try parts(text, card.characters).flatMap { try encodePart($0) }
    }

    private func encodePart(_ part: [Int32]) throws -> [Int32] {
        let found = try run("tokenize", ["codepoints": bytes(padded(part, card.characters))])
        let count = try Int(found.ints("count")[0])
        if count <= card.tokens { return try Array(found.ints("ids").prefix(count)) }
        return try parts(part, (part.count + 1) / 2).flatMap { try encodePart($0) }  // no room for them all
    }

    /// Joins tokens of any number to a text.
    func decode(_ ids: [Int32]) throws -> [Int32] {
        var text = try decodePart(ids.prefix(card.tokens))
        for start in stride(from: card.tokens, to: ids.count, by: card.tokens - context) {
            let part = ids.dropFirst(start - context).prefix(card.tokens)
            text += try decodePart(part).dropFirst(decodePart(part.prefix(context)).count)
        }
        return text
    }

    private func decodePart(_ ids: ArraySlice<Int32>) throws -> [Int32] {
        let found = try run("detokenize", ["ids": row(Array(ids))])
        return try Array(found.ints("codepoints").prefix(Int(found.ints("count")[0])))
    }

    /// Tokens, then zeros.
    func row(_ ids: [Int32]) -> Data { bytes(padded(ids, card.tokens)) }
}

/// What the file says of itself.
struct Card: Decodable {
    struct SpecialIds: Decodable { let bos, eos, begin, end: Int32? }  // begin, end, longTexts: version 0.1.0
    struct Defaults: Decodable { let temperature: Float; let topK: Int32; let topP: Float }
    let characters, tokens: Int
    let specialIds: SpecialIds
    let labels: [String]?, truncation, longTexts: String?
    let state: [Int]?, remembers: Bool?, defaults: Defaults?
}

extension SignatureRunner {
    func ints(_ name: String) throws -> [Int32] { try values(name) }
    func floats(_ name: String) throws -> [Float32] { try values(name) }
    private func values<T>(_ name: String) throws -> [T] {
        let (data, size) = try (output(named: name).data, MemoryLayout<T>.stride)
        return Array(unsafeUninitializedCapacity: data.count / size) { $1 = data.copyBytes(to: $0) / size }
    }
}

func bytes<T>(_ values: [T]) -> Data { values.withUnsafeBufferPointer { Data(buffer: $0) } }

func codePoints(_ text: String) -> [Int32] { text.unicodeScalars.map { Int32($0.value) } }

/// The same on one line, as translators and classifiers were trained on.
func plain(_ text: String) -> [Int32] { codePoints(text.components(separatedBy: .newlines).joined(separator: " ")) }

func text(_ codePoints: some Sequence<Int32>) -> String {
    String(String.UnicodeScalarView(codePoints.compactMap { Unicode.Scalar(UInt32($0)) }))
}

/// Tokens before a part that is joined to text by itself: what a token adds depends on these.
private let context = 8

private func padded(_ values: [Int32], _ room: Int) -> [Int32] {
    values + Array(repeating: 0, count: room - values.count)
}

/// Cuts a text so that each part has room: before a blank where there is one, so that each word keeps its own.
private func parts(_ text: [Int32], _ room: Int) -> [[Int32]] {
    func isBlank(_ place: Int) -> Bool { text[place] == 32 || text[place] == 10 }
    var found: [[Int32]] = []
    var start = 0
    while text.count - start > room {
        let places = stride(from: start + room, to: start, by: -1)
        let end = places.first { isBlank($0) && !isBlank($0 - 1) } ?? start + room
        found.append(Array(text[start..<end]))
        start = end
    }
    return found + [Array(text[start...])]
}
