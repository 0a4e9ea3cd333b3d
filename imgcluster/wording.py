"""Words that messages and pages share."""


def counted(number, noun):
    """Return "1 photo", "2,866 photos"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
