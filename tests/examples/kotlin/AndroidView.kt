package android.view

open class View {
    var fitsSystemWindows = false

    fun setOnClickListener(listener: (View) -> Unit) = listener(this)
}
