/** Runs the example: `rules`, or `generation` or `sentiment` with a model and texts. Prints lines `FOUND ...`. */

import java.io.File
import java.nio.ByteBuffer
import nlp.apps.Keyboard
import nlp.apps.LearningClassifier
import nlp.apps.LiteModel
import nlp.apps.areSafeRules
import nlp.apps.classify
import nlp.apps.translate
import org.json.JSONArray

fun main(words: Array<String>) {
    if (words[0] == "rules") {
        val rules = JSONArray(readln())
        for (index in 0 until rules.length()) {
            found(areSafeRules(rules.get(index) as? JSONArray))
        }
        return
    }
    val model = LiteModel(ByteBuffer.wrap(File(words[1]).readBytes()))
    val (own, texts) = words[2] to words.drop(3)
    when (words[0]) {
        "translation" -> texts.forEach { found(model.translate(it).text) }
        "generation" -> runKeyboard(Keyboard(model), Keyboard(model), own, texts)
        "sentiment" -> runClassifier(model, own, texts)
    }
}

private fun runKeyboard(keyboard: Keyboard, other: Keyboard, own: String, texts: List<String>) {
    fun suggest(one: Keyboard) =
        texts.forEach { text -> one.suggest(text).forEach { found("${it.probability} ${it.word}") } }
    suggest(keyboard)
    keyboard.learn(own).forEach(::found)
    other.restore(keyboard.save())
    keyboard.forget()
    suggest(other)
    suggest(keyboard)
}

private fun runClassifier(model: LiteModel, own: String, texts: List<String>) {
    val classifier = LearningClassifier(model)
    val label = model.classify(own).keys.last()
    found(classifier.learn(own, label))
    val other = LearningClassifier(model).also { it.restore(classifier.save()) }
    classifier.forget()
    for (one in listOf(other, classifier)) {
        texts.forEach { text -> one.classify(text).values.forEach(::found) }
    }
}

private fun found(value: Any) = println("FOUND $value")
