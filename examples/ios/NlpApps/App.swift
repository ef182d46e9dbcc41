import SwiftUI

@main
struct NlpApps: App {
    var body: some Scene { WindowGroup { Screen() } }
}

/// A text field, a button for each task, and the prediction of a model in the bundle.
struct Screen: View {
    @State private var input = ""
    @State private var output = ""
    @State private var models = Models()

    var body: some View {
        VStack(alignment: .leading) {
            TextField("Text", text: $input, axis: .vertical).textFieldStyle(.roundedBorder)
            HStack {
                button("Translate", "translation") { model, source, show in
                    let found = try model.translate(source)
                    show(found.text + (found.truncated.isEmpty ? "" : "\n\nNot translated:\(found.truncated)"))
                }
                button("Classify", "sentiment") { model, source, show in
                    for (label, probability) in try model.classify(source) { show("\(probability) \(label)\n") }
                }
                button("Generate", "generation") { model, source, show in
                    show(source)
                    try model.generate(source, seed: 1, limit: 100, onText: show)
                }
            }
            ScrollView { Text(output) }
        }.padding()
    }

    private func button(
        _ name: String, _ task: String, work: @escaping (LiteModel, String, (String) -> Void) throws -> Void
    ) -> some View {
        Button(name) {
            output = ""
            let source = input
            let show = { (text: String) in DispatchQueue.main.async { output += text } }
            models.queue.async {
                do { try work(models.open(task), source, show) } catch { show("\(error)") }
            }
        }
    }
}

/// The opened models, and the queue that runs them.
final class Models {
    let queue = DispatchQueue(label: "Models")
    private var opened: [String: LiteModel] = [:]

    func open(_ task: String) throws -> LiteModel {
        let model = try opened[task] ?? LiteModel(name: task)
        opened[task] = model
        return model
    }
}
