import Foundation
import TensorFlowLite

/// A loaded .tflite, as nlp_apps/litert/lite_model.py. A text is an array of code points. One thread at a time.
final class LiteModel {
    let metadata: Metadata
    private let interpreter: Interpreter
    private var runners: [String: SignatureRunner] = [:]

    /// - Parameter name: NAME.tflite is in the bundle, and its metadata in NAME.json.
    init(name: String) throws {
        func path(_ type: String) -> String { Bundle.main.path(forResource: name, ofType: type) ?? "" }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let json = try withCurrentNames(String(contentsOfFile: path("json"), encoding: .utf8))
        metadata = try decoder.decode(Metadata.self, from: Data(json.utf8))
        guard areSafeRules(metadata.sentenceRules ?? []) else { throw ModelError.unsafeRule }
        interpreter = try Interpreter(modelPath: path("tflite"))
    }

    func has(_ signature: String) -> Bool { interpreter.signatureKeys.contains(signature) }

    /// Runs a signature. Each input holds as many Int32 or Float32 as its shape.
    func run(_ signature: String, _ inputs: [String: Data]) throws -> SignatureRunner {
        let runner = try runners[signature] ?? interpreter.signatureRunner(with: signature)
        runners[signature] = runner
        try runner.invoke(with: inputs)
        return runner
    }

    /// Converts a text of any length to token ids.
    func encode(_ text: [Int32]) throws -> [Int32] {
        try segments(text, metadata.characters).flatMap { try encodeSegment($0) }
    }

    private func encodeSegment(_ segment: [Int32]) throws -> [Int32] {
        let found = try run("tokenize", ["codepoints": bytes(padded(segment, metadata.characters))])
        let count = try Int(found.ints("count")[0])
        if count <= metadata.tokens { return try Array(found.ints("ids").prefix(count)) }
        return try segments(segment, (segment.count + 1) / 2).flatMap { try encodeSegment($0) }  // two halves
    }

    /// Converts any number of token ids to text.
    func decode(_ ids: [Int32]) throws -> [Int32] {
        var text = try decodeWindow(ids.prefix(metadata.tokens))
        for start in stride(from: metadata.tokens, to: ids.count, by: metadata.tokens - context) {
            let window = ids.dropFirst(start - context).prefix(metadata.tokens)
            text += try decodeWindow(window).dropFirst(decodeWindow(window.prefix(context)).count)
        }
        return text
    }

    private func decodeWindow(_ ids: ArraySlice<Int32>) throws -> [Int32] {
        let found = try run("detokenize", ["ids": row(Array(ids))])
        return try Array(found.ints("codepoints").prefix(Int(found.ints("count")[0])))
    }

    /// Token ids, then zeros.
    func row(_ ids: [Int32]) -> Data { bytes(padded(ids, metadata.tokens)) }
}

enum ModelError: Error {
    /// A rule for sentences in the metadata can need years for a short text.
    case unsafeRule
    /// The stored state is of another model.
    case otherModel
    /// The model has no such label.
    case unknownLabel(String)
}

/// The metadata of a .tflite.
struct Metadata: Decodable {
    struct SpecialIds: Decodable { let bos, eos: Int32 }
    struct Defaults: Decodable { let temperature: Float; let topK: Int32; let topP: Float }
    let characters, tokens: Int
    let specialIds: SpecialIds
    let labels: [String]?, truncation: String?
    let sentenceRules: [[String]]?
    let state: [Int]?, remembers: Bool?, defaults: Defaults?
    let cache: [Int]?, begun: Int?, features: Int?
}

/// Keys of version 0.1.0, and their names since 0.2.0.
private let renamed = ["long_texts": "truncation", "begin": "bos", "end": "eos"]

/// Replaces the keys of version 0.1.0 in JSON.
private func withCurrentNames(_ json: String) -> String {
    renamed.reduce(json) { $0.replacingOccurrences(of: "\"\($1.key)\":", with: "\"\($1.value)\":") }
}

extension SignatureRunner {
    func ints(_ name: String) throws -> [Int32] { try values(name) }
    func floats(_ name: String) throws -> [Float32] { try values(name) }
    private func values<T>(_ name: String) throws -> [T] {
        let (data, size) = try (output(named: name).data, MemoryLayout<T>.stride)
        return Array(unsafeUninitializedCapacity: data.count / size) { $1 = data.copyBytes(to: $0) / size }
    }
}

/// Zeros for inputs of Int32 or Float32.
func zeros(_ count: Int) -> Data { Data(count: 4 * count) }

func bytes<T>(_ values: [T]) -> Data { values.withUnsafeBufferPointer { Data(buffer: $0) } }

func codePoints(_ text: String) -> [Int32] { text.unicodeScalars.map { Int32($0.value) } }

/// Byte order mark and direction marks.
private let invisible = CharacterSet(charactersIn: "\u{FEFF}\u{61C}\u{200E}\u{200F}\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}\u{2066}\u{2067}\u{2068}\u{2069}")

/// Composes a text (NFC) on one line with stripped ends, as translators and classifiers need.
func normalize(_ text: String) -> [Int32] {
    let line = nfc(text.components(separatedBy: .newlines).joined(separator: " "))
    return codePoints(line.trimmingCharacters(in: invisible.union(.whitespacesAndNewlines)))
}

/// Composes a prompt (NFC); white space stays.
func normalizeDocument(_ text: String) -> [Int32] { codePoints(nfc(text).trimmingCharacters(in: invisible)) }

private func nfc(_ text: String) -> String { text.precomposedStringWithCanonicalMapping }

func text(_ codePoints: some Sequence<Int32>) -> String {
    String(String.UnicodeScalarView(codePoints.compactMap { Unicode.Scalar(UInt32($0)) }))
}

/// Number of tokens before a window that decide how the window is joined to text.
private let context = 8

func padded(_ values: [Int32], _ size: Int) -> [Int32] {
    values + Array(repeating: 0, count: size - values.count)
}

/// Splits a text into segments of at most `maxLength`, before a space if there is one, so that words keep theirs.
private func segments(_ text: [Int32], _ maxLength: Int) -> [[Int32]] {
    func isSpace(_ index: Int) -> Bool { text[index] == 32 || text[index] == 10 }
    var found: [[Int32]] = []
    var start = 0
    while text.count - start > maxLength {
        let ends = stride(from: start + maxLength, to: start, by: -1)
        let end = ends.first { isSpace($0) && !isSpace($0 - 1) } ?? start + maxLength
        found.append(Array(text[start..<end]))
        start = end
    }
    return found + [Array(text[start...])]
}
