package android.content.res

import java.io.Closeable
import java.io.FileDescriptor

class AssetManager {
    fun openFd(name: String) = AssetFileDescriptor(name)
}

class AssetFileDescriptor(val name: String) : Closeable {
    val fileDescriptor = FileDescriptor()
    val startOffset = 0L
    val declaredLength = 0L

    override fun close() = Unit
}
