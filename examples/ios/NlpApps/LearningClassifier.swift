import Foundation

/// A classifier of one label a text that learns from its user, as nlp_apps/litert/lite_classifier.py.
final class LearningClassifier {
    private let model: LiteModel
    private let labels: [String]
    private var learned: Data

    init(_ model: LiteModel) {
        let names = model.metadata.labels ?? []
        self.model = model
        labels = names
        learned = zeros(((model.metadata.features ?? 0) + 1) * names.count)
    }

    /// Probabilities by label.
    func classify(_ source: String) throws -> [(label: String, probability: Float)] {
        let inputs = try ["ids": model.row(model.classifierIds(source)), "learned": learned]
        let probabilities = try model.run("classify_learned", inputs).floats("probabilities")
        return Array(zip(labels, probabilities)).map { (label: $0, probability: $1) }
    }

    /// Changes the last layer by one step towards the correct label. Returns the loss before the step, in nats.
    @discardableResult
    func learn(_ source: String, _ label: String, rate: Float32 = 0.3) throws -> Float {
        guard let index = labels.firstIndex(of: label) else { throw ModelError.unknownLabel(label) }
        let ids = try model.classifierIds(source)
        if ids.isEmpty { return 0 }
        var inputs = ["ids": model.row(ids), "learned": learned]
        inputs.merge(["label": bytes([Int32(index)]), "rate": bytes([rate])]) { $1 }
        let found = try model.run("learn", inputs)
        learned = try found.output(named: "learned").data
        return try found.floats("loss")[0]
    }

    /// Forgets all texts that it has learned from.
    func forget() { learned = zeros(learned.count / 4) }

    /// Returns the learned state, to be stored in a file. It belongs to this model alone.
    func save() -> Data { learned }

    /// Replaces the learned state by the bytes of `save`.
    func restore(_ stored: Data) throws {
        guard stored.count == learned.count else { throw ModelError.otherModel }
        learned = stored
    }
}
