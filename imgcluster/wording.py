"""Words that messages and pages share."""

# What is wrong with the ASSIGN_TO that a message begins with.
OWN_CLUSTERS = ("names DATASET itself; give the new photos a dataset of their own, and ASSIGN_TO the one that was "
                "clustered before")


def counted(number, noun, plural=None):
    """Return "1 photo", "2,866 photos"; plural: where that is more than an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
