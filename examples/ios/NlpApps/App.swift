import SwiftUI

@main
struct NlpApps: App {
    var body: some Scene { WindowGroup { Screen() } }
}

/// A text, three buttons, and what a model of the bundle makes of the text.
struct Screen: View {
    @State private var input = ""
    @State private var answer = ""
    @State private var models = Models()

    var body: some View {
        VStack(alignment: .leading) {
            TextField("Text", text: $input, axis: .vertical).textFieldStyle(.roundedBorder)
            HStack {
                button("Translate", "translation") { model, source, give in
                    let found = try model.translate(source)
                    give(found.text + (found.leftOut.isEmpty ? "" : "\n\nNo room for:\(found.leftOut)"))
                }
                button("Judge", "sentiment") { model, source, give in
                    for (label, probability) in try model.classify(source) { give("\(probability) \(label)\n") }
                }
                button("Write", "generation") { model, source, give in
                    give(source)
                    try model.write(source, seed: 1, maxTokens: 100, give: give)
                }
            }
            ScrollView { Text(answer) }
        }.padding()
    }

    private func button(
        _ name: String, _ task: String, work: @escaping (LiteModel, String, (String) -> Void) throws -> Void
    ) -> some View {
        Button(name) {
            answer = ""
            let source = input
            let give = { (piece: String) in DispatchQueue.main.async { answer += piece } }
            models.queue.async {
                do { try work(models.open(task), source, give) } catch { give("\(error)") }
            }
        }
    }
}

/// The models that were asked for, and the queue that they work in.
final class Models {
    let queue = DispatchQueue(label: "Models")
    private var opened: [String: LiteModel] = [:]

    func open(_ task: String) throws -> LiteModel {
        let model = try opened[task] ?? LiteModel(name: task)
        opened[task] = model
        return model
    }
}
