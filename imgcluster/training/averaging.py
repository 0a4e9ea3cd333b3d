"""The running average of a network's weights, which is judged and kept in place of the weights themselves."""
import contextlib

import keras
import numpy as np

# Most steps between two looks at the weights, as reading them costs time, and least looks that an average is of.
EVERY, LOOKS = 4, 4


class WeightAverage:
    """Exponential moving average of the trainable weights, reaching back over about `steps` training steps.

    A trajectory's average lies in a flatter, better place than its end (Polyak & Juditsky, 1992; Izmailov et al., UAI
    2018). steps 0: the weights as they are.
    """

    def __init__(self, model, steps):
        self.variables, self.every = model.trainable_variables, max(1, min(EVERY, int(steps / LOOKS)))
        self.keep = max(0.0, 1 - self.every / steps) if steps else 0.0
        self.values, self.seen = self._now(), 0

    def _now(self):
        return [np.array(keras.ops.convert_to_numpy(variable)) for variable in self.variables]

    def update(self):
        """Take the weights after one more training step into account."""
        self.seen += 1
        if self.seen % self.every == 0 and self.keep:
            # Early on, a longer memory than what there is to remember would hold on to the start.
            keep = min(self.keep, self.seen / (self.seen + self.every * 2))
            for mean, now in zip(self.values, self._now()):
                mean += (1 - keep) * (now - mean)

    @contextlib.contextmanager
    def applied(self):
        """Within the block the network has the averaged weights."""
        if not self.keep:
            yield
            return
        before = self._now()
        try:
            self._assign(self.values)
            yield
        finally:
            self._assign(before)

    def _assign(self, values):
        for variable, value in zip(self.variables, values):
            variable.assign(value)

    def state(self):
        """Return what `restore` needs, as arrays by name: no weights where there is no average of them."""
        values = self.values if self.keep else []
        return {"seen": np.array(self.seen), **{f"value_{index}": value for index, value in enumerate(values)}}

    def restore(self, state):
        """Go on from the arrays of `state`."""
        self.seen = int(state["seen"])
        if self.keep:
            self.values = [np.array(state[f"value_{index}"]) for index in range(len(self.values))]
