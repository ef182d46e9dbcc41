package nlp.apps

import java.nio.ByteBuffer

/** A classifier of one label a text that learns from its user, as nlp_apps/litert/lite_classifier.py. */
class LearningClassifier(private val model: LiteModel) {
    private val labels = model.metadata.getJSONArray("labels").let { names -> List(names.length()) { names.getString(it) } }
    private val size = (model.metadata.getInt("features") + 1) * labels.size
    private var learned = FloatArray(size)

    /** Probabilities by label. */
    fun classify(text: String): Map<String, Float> {
        val inputs = mapOf("ids" to model.padded(model.classifierIds(text)), "learned" to learned)
        return labels.zip(model.run("classify_learned", inputs, "probabilities").floats("probabilities").asList()).toMap()
    }

    /** Changes the last layer by one step towards the correct label. Returns the loss before the step, in nats. */
    fun learn(text: String, label: String, rate: Float = 0.3f): Float {
        require(label in labels) { "the model has no label $label" }
        val ids = model.classifierIds(text)
        if (ids.isEmpty()) return 0f
        val inputs = mapOf(
            "ids" to model.padded(ids), "label" to intArrayOf(labels.indexOf(label)),
            "rate" to floatArrayOf(rate), "learned" to learned,
        )
        val found = model.run("learn", inputs, "learned", "loss")
        learned = found.floats("learned")
        return found.floats("loss")[0]
    }

    /** Forgets all texts that it has learned from. */
    fun forget() {
        learned = FloatArray(size)
    }

    /** Returns the learned state, to be stored in a file. It belongs to this model alone. */
    fun save(): ByteArray = ByteBuffer.allocate(4 * size).also { bytes -> learned.forEach { bytes.putFloat(it) } }.array()

    /** Replaces the learned state by the bytes of `save`. */
    fun restore(stored: ByteArray) {
        require(stored.size == 4 * size) { "the stored step is of another model" }
        val bytes = ByteBuffer.wrap(stored)
        learned = FloatArray(size) { bytes.getFloat() }
    }
}
