package nlp.apps

import android.app.Activity
import android.os.Bundle
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.TextView
import java.io.FileInputStream
import java.nio.channels.FileChannel
import java.util.concurrent.Executors

/** A text field, a button for each task, and the prediction of a model in the assets. */
class MainActivity : Activity() {
    private val worker = Executors.newSingleThreadExecutor() // an Interpreter belongs to one thread at a time
    private val models = mutableMapOf<String, LiteModel>()
    private lateinit var output: TextView

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val input = EditText(this)
        output = TextView(this).apply { textSize = 18f }
        val column = LinearLayout(this).apply { orientation = LinearLayout.VERTICAL; fitsSystemWindows = true }
        column.addView(input)
        fun button(name: String, work: (String) -> Unit) = column.addView(
            Button(this).apply { text = name; setOnClickListener { start { work(input.text.toString()) } } },
        )
        button("Translate") {
            val found = model("translation").translate(it)
            show(found.text + if (found.truncated.isBlank()) "" else "\n\nNot translated: ${found.truncated}")
        }
        button("Classify") {
            show(model("sentiment").classify(it).entries.joinToString("\n") { (label, p) -> "%.3f %s".format(p, label) })
        }
        button("Generate") { show(it); model("generation").generate(it, seed = 1, limit = 100, onText = ::add) }
        column.addView(output)
        setContentView(column)
    }

    private fun start(work: () -> Unit) {
        worker.execute { runCatching(work).onFailure { show(it.toString()) } }
    }

    private fun show(text: String) = runOnUiThread { output.text = text }

    private fun add(text: String) = runOnUiThread { output.append(text) }

    private fun model(task: String) = models.getOrPut(task) {
        assets.openFd("$task.tflite").use { asset ->
            FileInputStream(asset.fileDescriptor).channel.use {
                LiteModel(it.map(FileChannel.MapMode.READ_ONLY, asset.startOffset, asset.declaredLength))
            }
        }
    }
}
