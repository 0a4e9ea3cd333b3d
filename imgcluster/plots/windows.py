"""Windows on a screen, for those who ask for them: the one place where pyplot is used."""
from matplotlib.backends.registry import BackendFilter, backend_registry

from imgcluster.errors import UserError

LARGEST = (1280, 640)  # pixels of a picture in its window: with frame and toolbar it fits a laptop's screen
DPI = 100


def require_screen():
    """Raise a UserError where no window can be opened: a server, a container, Python without a toolkit for windows."""
    from matplotlib import pyplot
    backend = pyplot.get_backend()
    if backend.lower() not in {name.lower() for name in backend_registry.list_builtin(BackendFilter.INTERACTIVE)}:
        raise UserError(f"--show: no window can be opened here (matplotlib's backend is {backend!r}: no screen, or no "
                        "toolkit such as Tk or Qt for this Python); leave --show out and open the saved files instead")


def show_windows(pictures):
    """Show each saved picture (paths) in a window titled by its name; return when all are closed.

    Large ones are shown smaller at first, so that they fit a screen; the window's magnifier shows every pixel.
    """
    from matplotlib import pyplot
    for path in pictures:
        picture = pyplot.imread(path)
        height, width = picture.shape[:2]
        inches = min(1.0, LARGEST[0] / width, LARGEST[1] / height) / DPI
        window = pyplot.figure(path.name, figsize=(width * inches, height * inches), dpi=DPI)
        axes = window.add_axes((0, 0, 1, 1))
        axes.imshow(picture)
        axes.set_axis_off()
    pyplot.show()
