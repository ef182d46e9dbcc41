package nlp.apps

/** A translation, and the end of the text that there was no room for. */
data class Translation(val text: String, val leftOut: String)

fun LiteModel.translate(source: String): Translation {
    val whole = plain(source)
    var begin = whole
    var ids = encode(begin)
    while (ids.size > tokens) { // about as many words as there is room for
        val room = begin.size * tokens / ids.size
        val blank = (room downTo 1).firstOrNull { begin[it] == ' '.code } ?: room
        begin = begin.copyOf(blank)
        ids = encode(begin)
    }
    val leftOut = text(whole.copyOfRange(begin.size, whole.size))
    val (search, counts) = if (has("beam")) "beam" to "counts" else "greedy" to "count"
    val found = run(search, mapOf("ids" to row(ids)), "ids", counts) // of beam's answers the best comes first
    return Translation(text(decode(found.ints("ids").take(found.ints(counts)[0]))), leftOut)
}

/** Probabilities by label. */
fun LiteModel.classify(text: String): Map<String, Float> {
    val all = encode(plain(text))
    val room = minOf(tokens, all.size)
    val head = when (card.optString("truncation", card.optString("long_texts"))) { "tail" -> 0; "both" -> room / 2; else -> room }
    val ids = if (all.size <= tokens) all else all.take(head) + all.takeLast(room - head)
    val probabilities = run("classify", mapOf("ids" to row(ids)), "probabilities").floats("probabilities")
    return probabilities.indices.associate { card.getJSONArray("labels").getString(it) to probabilities[it] }
}

/** Continues a prompt with the card's settings; gives what was added, piece by piece, while it grows. */
fun LiteModel.write(prompt: String, seed: Int, maxTokens: Int, give: (String) -> Unit) {
    val special = card.getJSONObject("special_ids")
    // Version 0.1.0 wrote begin, end and long_texts.
    val shape = card.getJSONArray("state")
    val ids = (listOf(special.optInt("bos", special.optInt("begin"))) + encode(codePoints(prompt))).toMutableList()
    val before = decode(ids).size
    var state = FloatArray(shape.getInt(0) * shape.getInt(1))
    for (part in ids.dropLast(1).chunked(tokens)) {
        state = run("prefill", mapOf("ids" to row(part), "state" to state), "state").floats("state")
    }
    val settings = card.getJSONObject("defaults")
    val how = mapOf(
        "temperature" to floatArrayOf(settings.getDouble("temperature").toFloat()),
        "top_k" to intArrayOf(settings.getInt("top_k")),
        "top_p" to floatArrayOf(settings.getDouble("top_p").toFloat()),
    )
    var shown = 0
    for (step in 0 until maxTokens) {
        val inputs = mutableMapOf<String, Any>("token" to intArrayOf(ids.last()), "state" to state)
        inputs["uniform"] = floatArrayOf(uniform(seed, step))
        if (card.getBoolean("remembers")) {
            val known = ids.takeLast(tokens)
            inputs["history"] = IntArray(tokens - known.size) + known
        }
        val found = run("sample", inputs + how, "token", "state")
        state = found.floats("state")
        ids += found.ints("token")[0]
        val hasEnded = ids.last() == special.optInt("eos", special.optInt("end")) || step == maxTokens - 1
        val added = decode(ids).drop(before)
        // U+FFFD at the end: bytes of a character that is not whole yet.
        val ready = if (hasEnded) added else added.dropLastWhile { it == 0xFFFD }
        if (ready.size > shown) give(text(ready.drop(shown).toIntArray()))
        shown = maxOf(shown, ready.size)
        if (hasEnded) return
    }
}

/** The random number of a step; as nlp_apps/litert/lite_generator.py, so that a seed gives the same text. */
fun uniform(seed: Int, step: Int): Float {
    var bits = mix(seed + 0x9E3779B9.toInt())
    for (value in intArrayOf(0, step)) bits = mix(bits xor mix(value + 1)) // 0: the number of the text
    return (bits ushr 8) / 16777216f
}

private fun mix(bits: Int): Int {
    val first = (bits xor (bits ushr 16)) * 0x7FEB352D
    val second = (first xor (first ushr 15)) * 0x846CA68B.toInt()
    return second xor (second ushr 16)
}
