plugins {
    id("com.android.application")
    id("org.jetbrains.kotlin.android")
}

android {
    namespace = "nlp.apps"
    compileSdk = 36
    defaultConfig {
        applicationId = "nlp.apps"
        minSdk = 24 // CharSequence.codePoints
        targetSdk = 36
        versionCode = 1
        versionName = "1.0"
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
    androidResources { noCompress += "tflite" } // models are mapped into memory, not unpacked
}

kotlin { compilerOptions { jvmTarget = org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_11 } }

dependencies {
    implementation("com.google.ai.edge.litert:litert:2.1.5") // with Interpreter; int8 models need more than 1.4
}
