"""Pictures: what models looked at and where they err, as PNG or self-contained HTML."""
