package nlp.apps

import java.nio.Buffer
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import java.nio.IntBuffer
import java.text.Normalizer
import java.util.zip.Inflater
import org.json.JSONObject
import org.tensorflow.lite.DataType
import org.tensorflow.lite.Interpreter

/** A loaded .tflite, as nlp_apps/litert/lite_model.py. A text is an array of code points. One thread at a time. */
class LiteModel(file: ByteBuffer) {
    val metadata = JSONObject(withCurrentNames(String(readMetadata(file))))
    val maxTokens = metadata.getInt("tokens")
    private val maxCharacters = metadata.getInt("characters")

    init {
        require(areSafeRules(metadata.optJSONArray("sentence_rules"))) { "unsafe sentence_rules in the metadata" }
    }

    private val interpreter = Interpreter(file, Interpreter.Options().setNumThreads(1))

    fun has(signature: String) = signature in interpreter.signatureKeys

    /** Runs a signature. Each input has the length of its shape; `outputs` names the outputs to return. */
    fun run(signature: String, inputs: Map<String, Any>, vararg outputs: String): Outputs {
        val buffers = inputs.mapValues { (_, it) -> if (it is IntArray) IntBuffer.wrap(it) else FloatBuffer.wrap(it as FloatArray) }
        val found: Map<String, Buffer> = outputs.associateWith {
            val tensor = interpreter.getOutputTensorFromSignature(it, signature)
            val size = tensor.numElements()
            if (tensor.dataType() == DataType.INT32) IntBuffer.allocate(size) else FloatBuffer.allocate(size)
        }
        interpreter.runSignature(buffers, found, signature)
        return Outputs(found)
    }

    /** Converts a text of any length to token ids. */
    fun encode(text: IntArray): List<Int> = segments(text, maxCharacters).flatMap { encodeSegment(it) }

    private fun encodeSegment(segment: IntArray): List<Int> {
        val found = run("tokenize", mapOf("codepoints" to segment.copyOf(maxCharacters)), "ids", "count")
        val count = found.ints("count")[0]
        if (count <= maxTokens) return found.ints("ids").take(count)
        return segments(segment, (segment.size + 1) / 2).flatMap { encodeSegment(it) } // too many tokens: two halves
    }

    /** Converts any number of token ids to text. */
    fun decode(ids: List<Int>): IntArray {
        var text = decodeWindow(ids.take(maxTokens))
        for (start in maxTokens until ids.size step maxTokens - CONTEXT) {
            val window = ids.subList(start - CONTEXT, minOf(start - CONTEXT + maxTokens, ids.size))
            val contextLength = decodeWindow(window.take(CONTEXT)).size
            text += decodeWindow(window).drop(contextLength)
        }
        return text
    }

    private fun decodeWindow(ids: List<Int>): IntArray {
        val found = run("detokenize", mapOf("ids" to padded(ids)), "codepoints", "count")
        return found.ints("codepoints").copyOf(found.ints("count")[0])
    }

    /** Token ids, then zeros. */
    fun padded(ids: List<Int>): IntArray = ids.toIntArray().copyOf(maxTokens)
}

class Outputs(private val buffers: Map<String, Buffer>) {
    fun ints(name: String): IntArray = (buffers.getValue(name) as IntBuffer).array()

    fun floats(name: String): FloatArray = (buffers.getValue(name) as FloatBuffer).array()
}

/** Number of tokens before a window that decide how the window is joined to text. */
private const val CONTEXT = 8

fun codePoints(text: String): IntArray = text.codePoints().toArray()

/** Byte order mark and direction marks. */
private const val INVISIBLE = "\uFEFF\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069"

/** Composes a text (NFC) on one line with stripped ends, as translators and classifiers need. */
fun normalize(text: String): IntArray {
    val line = nfc(text.replace(Regex("[\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029]+"), " "))
    return codePoints(line.trim { it.isWhitespace() || it in INVISIBLE })
}

/** Composes a prompt (NFC); white space stays. */
fun normalizeDocument(text: String) = codePoints(nfc(text).trim { it in INVISIBLE })

private fun nfc(text: String) = Normalizer.normalize(text, Normalizer.Form.NFC)

fun text(codePoints: IntArray) = String(codePoints, 0, codePoints.size)

/** Splits a text into segments of at most `maxLength`, before a space if there is one, so that words keep theirs. */
private fun segments(text: IntArray, maxLength: Int): List<IntArray> {
    fun isSpace(index: Int) = text[index] == ' '.code || text[index] == '\n'.code
    val found = mutableListOf<IntArray>()
    var start = 0
    while (text.size - start > maxLength) {
        val end = (start + maxLength downTo start + 1).firstOrNull { isSpace(it) && !isSpace(it - 1) } ?: (start + maxLength)
        found += text.copyOfRange(start, end)
        start = end
    }
    return found + text.copyOfRange(start, text.size)
}

/** Keys of version 0.1.0, and their names since 0.2.0. */
private val RENAMED = mapOf("long_texts" to "truncation", "begin" to "bos", "end" to "eos")

/** Replaces the keys of version 0.1.0 in JSON. */
private fun withCurrentNames(json: String) =
    RENAMED.entries.fold(json) { text, (old, new) -> text.replace("\"$old\":", "\"$new\":") }

/**
 * Reads nlp_apps.json from the ZIP archive at the end of a model. Android's ZipFile refuses an archive
 * with other bytes in front.
 */
private fun readMetadata(model: ByteBuffer): ByteArray {
    val file = model.duplicate().order(ByteOrder.LITTLE_ENDIAN)
    fun bytes(offset: Int, size: Int) = ByteArray(size).also { file.position(offset); file.get(it) }
    var entry = file.getInt(file.limit() - 22 + 16) // the last record has 22 bytes without a comment
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
