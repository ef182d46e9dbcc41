@file:Suppress("UNUSED_PARAMETER")

package android.widget

import android.content.Context
import android.view.View

open class TextView(context: Context) : View() {
    var text: CharSequence = ""
    var textSize = 0f

    fun append(more: CharSequence) {
        text = "$text$more"
    }
}

class Button(context: Context) : TextView(context)

class EditText(context: Context) : TextView(context)

class LinearLayout(context: Context) : View() {
    var orientation = VERTICAL

    fun addView(view: View) = Unit

    companion object {
        const val VERTICAL = 1
    }
}
