package org.tensorflow.lite

import java.nio.Buffer
import java.nio.ByteBuffer
import java.nio.FloatBuffer
import java.nio.IntBuffer

enum class DataType { INT32, FLOAT32 }

class Tensor(private val type: DataType, private val size: Int) {
    fun dataType() = type

    fun numElements() = size
}

/**
 * Runs signatures in the process that started this one, by lines on the standard streams: a request
 * is `SIGNATURES`, `OUTPUT signature name` or `RUN signature number`, and then a line for each input:
 * its name and its values. A float is the integer of its bits.
 */
@Suppress("UNUSED_PARAMETER")
class Interpreter(file: ByteBuffer, options: Options) {
    class Options {
        fun setNumThreads(number: Int) = this
    }

    val signatureKeys = request("SIGNATURES").split(" ").toTypedArray()

    fun getOutputTensorFromSignature(name: String, signature: String): Tensor {
        val (type, size) = request("OUTPUT $signature $name").split(" ")
        return Tensor(DataType.valueOf(type), size.toInt())
    }

    fun runSignature(inputs: Map<String, Any>, outputs: Map<String, Any>, signature: String) {
        println("RUN $signature ${inputs.size}")
        for ((name, buffer) in inputs) println("$name ${numbers(buffer).joinToString(" ")}")
        for (row in generateSequence { readln().takeIf { it.isNotEmpty() } }) {
            val (name, values) = row.split(" ", limit = 2)
            val target = outputs[name] ?: continue
            for (number in values.split(" ").map { it.toInt() }) {
                if (target is IntBuffer) target.put(number) else (target as FloatBuffer).put(Float.fromBits(number))
            }
            (target as Buffer).rewind()
        }
    }

    private fun numbers(buffer: Any): List<Int> =
        if (buffer is IntBuffer) buffer.array().toList() else (buffer as FloatBuffer).array().map { it.toRawBits() }

    private fun request(line: String): String {
        println(line)
        return readln()
    }
}
