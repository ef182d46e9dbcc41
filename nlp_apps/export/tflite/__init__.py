"""Export to `.tflite`: built-in operations and static shapes only."""
