package org.json

/** The classes of Android that read JSON, as far as the example uses them. */
class JSONObject internal constructor(private val values: Map<String, Any>) {
    @Suppress("UNCHECKED_CAST")
    constructor(text: String) : this((Reader(text).value() as JSONObject).values)

    fun getInt(key: String) = (values.getValue(key) as Number).toInt()

    fun getDouble(key: String) = (values.getValue(key) as Number).toDouble()

    fun getBoolean(key: String) = values.getValue(key) as Boolean

    fun getString(key: String) = values.getValue(key) as String

    fun getJSONObject(key: String) = values.getValue(key) as JSONObject

    fun getJSONArray(key: String) = values.getValue(key) as JSONArray

    fun optJSONArray(key: String) = values[key] as? JSONArray

    companion object {
        val NULL = Any()
    }
}

class JSONArray internal constructor(private val values: List<Any>) {
    constructor(text: String) : this((Reader(text).value() as JSONArray).values)

    fun length() = values.size

    fun get(index: Int) = values[index]

    fun getInt(index: Int) = (values[index] as Number).toInt()

    fun getString(index: Int) = values[index] as String

    fun getJSONArray(index: Int) = values[index] as JSONArray
}

private class Reader(private val text: String) {
    private var position = 0

    fun value(): Any = when (peek()) {
        '{' -> JSONObject(items('}') { string().also { peek(); position += 1 } to value() }.toMap())
        '[' -> JSONArray(items(']') { value() })
        '"' -> string()
        else -> word()
    }

    private fun <T> items(close: Char, read: () -> T): List<T> {
        val found = mutableListOf<T>()
        position += 1
        while (peek() != close) {
            found += read()
            if (peek() == ',') position += 1
            peek()
        }
        position += 1
        return found
    }

    private fun string(): String {
        val found = StringBuilder()
        position = text.indexOf('"', position) + 1
        while (text[position] != '"') {
            val one = text[position++]
            if (one != '\\') {
                found.append(one)
                continue
            }
            when (val escaped = text[position++]) {
                'n' -> found.append('\n')
                't' -> found.append('\t')
                'r' -> found.append('\r')
                'b' -> found.append('\b')
                'f' -> found.append('\u000c')
                'u' -> found.append(text.substring(position, position + 4).toInt(16).toChar()).also { position += 4 }
                else -> found.append(escaped)
            }
        }
        position += 1
        return found.toString()
    }

    private fun word(): Any {
        val start = position
        while (position < text.length && text[position] !in ",]}" && !text[position].isWhitespace()) position += 1
        return when (val found = text.substring(start, position)) {
            "true" -> true
            "false" -> false
            "null" -> JSONObject.NULL
            else -> found.toDouble()
        }
    }

    private fun peek(): Char {
        while (text[position].isWhitespace()) position += 1
        return text[position]
    }
}
