package nlp.apps

/** A translation, and the end of the source text that exceeds the model's maximum length. */
data class Translation(val text: String, val truncated: String)

/** Translates each sentence of a text and joins the translations, as the metadata of the model says. */
fun LiteModel.translate(source: String): Translation {
    val found = sentences(text(normalize(source))).map { translateSentence(codePoints(it)) }
    val texts = found.map { it.text }.filter { it.isNotEmpty() }
    val spaced = texts.map { if (CHINESE_END.containsMatchIn(it)) it else "$it " }
    return Translation(spaced.joinToString("").trimEnd(' '), found.joinToString("") { it.truncated })
}

private val CHINESE_END = Regex("[。！？][\"'”’»“)\\]」』》）]*$")

/** Splits a line by the rules of the model, as nlp_apps/text/sentences.py; without rules it is one sentence. */
private fun LiteModel.sentences(line: String): List<String> {
    val rules = metadata.optJSONArray("sentence_rules") ?: return listOf(line)
    val marked = (0 until rules.length()).map { rules.getJSONArray(it) }.fold(line) { text, rule ->
        Regex(rule.getString(0)).replace(text) { it.groupValues[1] + rule.getString(1) + it.groupValues[2] }
    }
    return marked.split("\n").let { if (it.size > 1) it else listOf(line) }
}

private fun LiteModel.translateSentence(whole: IntArray): Translation {
    var kept = whole
    var ids = encode(kept)
    while (ids.size > maxTokens) { // shorten in proportion, at a space
        val share = kept.size * maxTokens / ids.size
        val space = (share downTo 1).firstOrNull { kept[it] == ' '.code } ?: share
        kept = kept.copyOf(space)
        ids = encode(kept)
    }
    val truncated = text(whole.copyOfRange(kept.size, whole.size))
    val (search, counts) = if (has("beam")) "beam" to "counts" else "greedy" to "count"
    val found = run(search, mapOf("ids" to padded(ids)), "ids", counts) // beam: the best hypothesis comes first
    return Translation(text(decode(found.ints("ids").take(found.ints(counts)[0]))), truncated)
}

/** The token ids of a text that a classifier reads. */
fun LiteModel.classifierIds(text: String): List<Int> {
    val all = encode(normalize(text))
    if (all.size <= maxTokens) return all
    val head = when (metadata.getString("truncation")) { "tail" -> 0; "both" -> maxTokens / 2; else -> maxTokens }
    return all.take(head) + all.takeLast(maxTokens - head)
}

/** Probabilities by label. */
fun LiteModel.classify(text: String): Map<String, Float> {
    val inputs = mapOf("ids" to padded(classifierIds(text)))
    val probabilities = run("classify", inputs, "probabilities").floats("probabilities")
    return probabilities.indices.associate { metadata.getJSONArray("labels").getString(it) to probabilities[it] }
}

/** The state before the first token of a text. */
fun LiteModel.initialState() = metadata.getJSONArray("state").let { FloatArray(it.getInt(0) * it.getInt(1)) }

/** The state after token ids. */
fun LiteModel.stateAfter(ids: List<Int>): FloatArray = ids.chunked(maxTokens).fold(initialState()) { state, window ->
    run("prefill", mapOf("ids" to padded(window), "state" to state), "state").floats("state")
}

/** Continues a prompt with the default parameters of the model; passes the added text to `onText` as it grows. */
fun LiteModel.generate(prompt: String, seed: Int, limit: Int, onText: (String) -> Unit) {
    val special = metadata.getJSONObject("special_ids")
    val ids = (listOf(special.getInt("bos")) + encode(normalizeDocument(prompt))).toMutableList()
    val promptLength = decode(ids).size
    var state = stateAfter(ids.dropLast(1))
    val defaults = metadata.getJSONObject("defaults")
    val parameters = mapOf(
        "temperature" to floatArrayOf(defaults.getDouble("temperature").toFloat()),
        "top_k" to intArrayOf(defaults.getInt("top_k")),
        "top_p" to floatArrayOf(defaults.getDouble("top_p").toFloat()),
    )
    var shown = 0
    for (step in 0 until limit) {
        val inputs = mutableMapOf<String, Any>("token" to intArrayOf(ids.last()), "state" to state)
        inputs["uniform"] = floatArrayOf(uniform(seed, step))
        if (metadata.getBoolean("remembers")) {
            val last = ids.takeLast(maxTokens)
            inputs["history"] = IntArray(maxTokens - last.size) + last
        }
        val found = run("sample", inputs + parameters, "token", "state")
        state = found.floats("state")
        ids += found.ints("token")[0]
        val ended = ids.last() == special.getInt("eos") || step == limit - 1
        val added = decode(ids).drop(promptLength)
        // U+FFFD at the end: the bytes so far of an incomplete character.
        val stable = if (ended) added else added.dropLastWhile { it == 0xFFFD }
        if (stable.size > shown) onText(text(stable.drop(shown).toIntArray()))
        shown = maxOf(shown, stable.size)
        if (ended) return
    }
}

/** Uniform noise in [0, 1) for a step, as in nlp_apps/litert/lite_generator.py, so that a seed generates the same text. */
fun uniform(seed: Int, step: Int): Float {
    var bits = mix(seed + 0x9E3779B9.toInt())
    for (value in intArrayOf(0, step)) bits = mix(bits xor mix(value + 1)) // 0: index of the text
    return (bits ushr 8) / 16777216f
}

private fun mix(bits: Int): Int {
    val first = (bits xor (bits ushr 16)) * 0x7FEB352D
    val second = (first xor (first ushr 15)) * 0x846CA68B.toInt()
    return second xor (second ushr 16)
}
