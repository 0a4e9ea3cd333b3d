"""Words that messages and pages share."""


def counted(number, noun, plural=None):
    """Return "1 photo", "2,866 photos"; plural: where that is more than an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
