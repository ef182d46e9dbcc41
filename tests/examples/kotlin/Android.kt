/** The classes of Android that the example uses, without behavior: enough to compile it. */

@file:Suppress("unused", "UNUSED_PARAMETER")

package android.app

import android.content.Context
import android.content.res.AssetManager
import android.view.View

open class Activity : Context() {
    val assets = AssetManager()

    open fun onCreate(savedInstanceState: android.os.Bundle?) = Unit

    fun setContentView(view: View) = Unit

    fun runOnUiThread(work: () -> Unit) = work()
}
