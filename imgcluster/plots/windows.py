"""Windows on a screen, for those who ask for them: the one place where pyplot is used."""
from matplotlib.backends.registry import BackendFilter, backend_registry

from imgcluster.errors import UserError


def require_screen():
    """Raise a UserError where no window can be opened: a server, a container, Python without a toolkit for windows."""
    from matplotlib import pyplot
    backend = pyplot.get_backend()
    if backend.lower() not in {name.lower() for name in backend_registry.list_builtin(BackendFilter.INTERACTIVE)}:
        raise UserError(f"--show: no window can be opened here (matplotlib's backend is {backend!r}: no screen, or no "
                        "toolkit such as Tk or Qt for this Python); leave --show out and open the saved files instead")


def show_windows(figures):
    """Show each figure of {name: Figure} in a window with that name as its title; return when all are closed."""
    from matplotlib import pyplot
    for name, figure in figures.items():
        pyplot.figure(figure)
        figure.canvas.manager.set_window_title(name)
    pyplot.show()
