package nlp.apps

import java.nio.Buffer
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import java.nio.IntBuffer
import java.util.zip.Inflater
import org.json.JSONObject
import org.tensorflow.lite.DataType
import org.tensorflow.lite.Interpreter

/** A loaded .tflite; as nlp_apps/litert/lite_model.py. A text is an array of code points. One thread at a time. */
class LiteModel(file: ByteBuffer) {
    val card = JSONObject(String(cardOf(file)))
    val tokens = card.getInt("tokens")
    private val characters = card.getInt("characters")
    private val interpreter = Interpreter(file, Interpreter.Options().setNumThreads(1))

    fun has(signature: String) = signature in interpreter.signatureKeys

    /** Runs a signature: arrays in, each as long as the input's shape says, and the outputs that are named. */
    fun run(signature: String, inputs: Map<String, Any>, vararg outputs: String): Outputs {
        val given = inputs.mapValues { (_, it) -> if (it is IntArray) IntBuffer.wrap(it) else FloatBuffer.wrap(it as FloatArray) }
        val found: Map<String, Buffer> = outputs.associateWith {
            val tensor = interpreter.getOutputTensorFromSignature(it, signature)
            val size = tensor.numElements()
            if (tensor.dataType() == DataType.INT32) IntBuffer.allocate(size) else FloatBuffer.allocate(size)
        }
        interpreter.runSignature(given, found, signature)
        return Outputs(found)
    }

    /** Cuts a text of any length into tokens. */
    fun encode(text: IntArray): List<Int> = parts(text, characters).flatMap { encodePart(it) }

    private fun encodePart(part: IntArray): List<Int> {
        val found = run("tokenize", mapOf("codepoints" to part.copyOf(characters)), "ids", "count")
        val count = found.ints("count")[0]
        if (count <= tokens) return found.ints("ids").take(count)
        return parts(part, (part.size + 1) / 2).flatMap { encodePart(it) } // more than there is room for
    }

    /** Joins tokens of any number to a text. */
    fun decode(ids: List<Int>): IntArray {
        var text = decodePart(ids.take(tokens))
        for (start in tokens until ids.size step tokens - CONTEXT) {
            val part = ids.subList(start - CONTEXT, minOf(start - CONTEXT + tokens, ids.size))
            val known = decodePart(part.take(CONTEXT)).size
            text += decodePart(part).drop(known)
        }
        return text
    }

    private fun decodePart(ids: List<Int>): IntArray {
        val found = run("detokenize", mapOf("ids" to row(ids)), "codepoints", "count")
        return found.ints("codepoints").copyOf(found.ints("count")[0])
    }

    /** Tokens, then zeros. */
    fun row(ids: List<Int>): IntArray = ids.toIntArray().copyOf(tokens)
}

class Outputs(private val buffers: Map<String, Buffer>) {
    fun ints(name: String): IntArray = (buffers.getValue(name) as IntBuffer).array()

    fun floats(name: String): FloatArray = (buffers.getValue(name) as FloatBuffer).array()
}

/** Tokens before a part that is joined to text by itself: what a token adds depends on these. */
private const val CONTEXT = 8

fun codePoints(text: String): IntArray = text.codePoints().toArray()

/** The same on one line, without blanks around it, as translators and classifiers were trained on. */
fun plain(text: String) = codePoints(text.replace(Regex("[\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029]+"), " ").trim())

fun text(codePoints: IntArray) = String(codePoints, 0, codePoints.size)

/** Cuts a text so that each part has room: before a blank where there is one, so that each word keeps its own. */
private fun parts(text: IntArray, room: Int): List<IntArray> {
    fun isBlank(place: Int) = text[place] == ' '.code || text[place] == '\n'.code
    val found = mutableListOf<IntArray>()
    var start = 0
    while (text.size - start > room) {
        val end = (start + room downTo start + 1).firstOrNull { isBlank(it) && !isBlank(it - 1) } ?: (start + room)
        found += text.copyOfRange(start, end)
        start = end
    }
    return found + text.copyOfRange(start, text.size)
}

/**
 * The file nlp_apps.json of the ZIP archive at a model's end, read by hand: Android's ZipFile refuses an
 * archive that does not begin the file.
 */
private fun cardOf(model: ByteBuffer): ByteArray {
    val file = model.duplicate().order(ByteOrder.LITTLE_ENDIAN)
    fun bytes(place: Int, size: Int) = ByteArray(size).also { file.position(place); file.get(it) }
    var entry = file.getInt(file.limit() - 22 + 16) // the last record is 22 bytes, without a comment
    while (file.getInt(entry) == 0x02014b50) {
        val (name, extra, comment) = listOf(28, 30, 32).map { file.getShort(entry + it).toInt() }
        if (String(bytes(entry + 46, name)) == "nlp_apps.json") {
            val local = file.getInt(entry + 42)
            val data = local + 30 + file.getShort(local + 26) + file.getShort(local + 28)
            val inflater = Inflater(true).apply { setInput(bytes(data, file.getInt(entry + 20))) }
            return ByteArray(file.getInt(entry + 24)).also { inflater.inflate(it); inflater.end() }
        }
        entry += 46 + name + extra + comment
    }
    throw IllegalArgumentException("not a .tflite of nlp_apps")
}
