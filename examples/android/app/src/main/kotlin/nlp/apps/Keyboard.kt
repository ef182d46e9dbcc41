package nlp.apps

import java.nio.ByteBuffer
import kotlin.math.exp

/** A word that a keyboard shows. */
data class Suggestion(val word: String, val probability: Float)

/** Suggests words and learns from texts of the user, as nlp_apps/litert/lite_keyboard.py. */
class Keyboard(private val model: LiteModel) {
    private val shape = model.metadata.getJSONArray("cache")
    private val maxBegun = model.metadata.getInt("begun")
    private val bos = model.metadata.getJSONObject("special_ids").getInt("bos")
    private var keys = FloatArray(shape.getInt(0) * shape.getInt(1))
    private var cached = IntArray(shape.getInt(0))
    private var position = IntArray(1)

    /** The most probable next words, or completions of the last word of the text; it has ended if a space follows. */
    fun suggest(text: String, number: Int = 3): List<Suggestion> {
        val (before, begun) = splitBegunWord(text(normalizeDocument(text)))
        val ids = listOf(bos) + model.encode(codePoints(before.ifEmpty { "\n" }))
        val inputs = mapOf(
            "token" to intArrayOf(ids.last()), "state" to model.stateAfter(ids.dropLast(1)),
            "begun" to codePoints(begun).copyOf(maxBegun), "keys" to keys, "cached" to cached,
        )
        val found = model.run("suggest", inputs, "codepoints", "counts", "log_probabilities")
        val (characters, counts) = found.ints("codepoints") to found.ints("counts")
        val width = characters.size / counts.size
        val words = mutableMapOf<String, Float>() // rows may hold the same word
        for (row in counts.indices.filter { counts[it] > 0 }) {
            val word = String(characters, row * width, counts[row]).removePrefix(" ")
            words[word] = (words[word] ?: 0f) + exp(found.floats("log_probabilities")[row])
        }
        return words.map { Suggestion(it.key, it.value) }.sortedByDescending { it.probability }.take(number)
    }

    /** Reads a text into the cache. Returns the surprisal of each token, in nats, before it was learned. */
    fun learn(text: String): List<Float> {
        val nats = mutableListOf<Float>()
        var (last, state) = bos to model.initialState()
        for (part in model.encode(normalizeDocument(text)).chunked(model.maxTokens)) {
            val cache = mapOf("keys" to keys, "cached" to cached, "position" to position)
            val inputs = mapOf("ids" to model.padded(part), "token" to intArrayOf(last), "state" to state) + cache
            val found = model.run("learn", inputs, "nats", "state", "keys", "cached", "position")
            keys = found.floats("keys")
            cached = found.ints("cached")
            position = found.ints("position")
            nats += found.floats("nats").take(part.size)
            state = found.floats("state")
            last = part.last()
        }
        return nats
    }

    /** Forgets all texts that it has learned from. */
    fun forget() = restore(ByteArray(size))

    /** The number of bytes of the learned state. */
    private val size get() = 4 * (keys.size + cached.size + position.size)

    /** Returns the learned state, to be stored in a file. It belongs to this model alone. */
    fun save(): ByteArray {
        val bytes = ByteBuffer.allocate(size)
        keys.forEach { bytes.putFloat(it) }
        (cached + position).forEach { bytes.putInt(it) }
        return bytes.array()
    }

    /** Replaces the learned state by the bytes of `save`. */
    fun restore(learned: ByteArray) {
        require(learned.size == size) { "the stored cache is of another model" }
        val bytes = ByteBuffer.wrap(learned)
        keys = FloatArray(keys.size) { bytes.getFloat() }
        cached = IntArray(cached.size) { bytes.getInt() }
        position = IntArray(position.size) { bytes.getInt() }
    }

    /** The part of a text before its last word, and this word with the space before it, as nlp_apps/decoding/begun_word.py. */
    private fun splitBegunWord(text: String): Pair<String, String> {
        if (text.isNotEmpty() && text.last() in CLOSING) return text to " "
        val start = BEGUN.find(text)!!.range.first
        val begun = codePoints(text.substring(start))
        return text.substring(0, start) to text(begun.copyOf(minOf(begun.size, maxBegun)))
    }
}

/** Punctuation that a space follows, also one that is not written yet. */
private const val CLOSING = ".,;:!?)]}…»”"

/** The lookbehind skips places inside words, so that a word of any length is read once. */
private val BEGUN = Regex(""" ?(?<![\p{L}\p{M}\p{N}'’-])[\p{L}\p{M}\p{N}'’-]*+\z""")
