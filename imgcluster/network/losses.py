"""Losses beside plain softmax, as Keras losses for any backend.

Each takes one-hot labels [B, C] and returns one loss per photo, float [B]. Those that compare photos with each other
want several photos of each model in a batch (`batches.balanced_batches`) and rows of length 1.
"""
import math

import keras
from keras import ops

# A distance that no two vectors of length 1 have.
FAR = 1e3


class _Loss(keras.losses.Loss):
    """Shared by all: options kept for saving."""

    def __init__(self, *, name=None, reduction="sum_over_batch_size", dtype=None, **options):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.options = options

    def get_config(self):
        return {"name": self.name, "reduction": self.reduction, **self.options}


@keras.saving.register_keras_serializable(package="imgcluster")
class LargeMarginSoftmax(_Loss):
    """Softmax over cosines [B, C] to the models' directions, the true model's angle enlarged by `margin` radians.

    margin 0: normalised softmax (Zhai & Wu, BMVC 2019). margin above 0: ArcFace (Deng et al., CVPR 2019), whose usual
    margin of 0.5 is for thousands of classes. scale: the inverse temperature.
    """

    def __init__(self, *, scale=16.0, margin=0.0, label_smoothing=0.0, **kwargs):
        super().__init__(scale=scale, margin=margin, label_smoothing=label_smoothing, **kwargs)

    def call(self, y_true, y_pred):
        scale, margin, smoothing = (self.options[name] for name in ("scale", "margin", "label_smoothing"))
        cosines = ops.clip(y_pred, -1 + 1e-6, 1 - 1e-6)
        if margin:
            turned = cosines * math.cos(margin) - ops.sqrt(1 - cosines**2) * math.sin(margin)
            # Past half a turn the cosine would rise again; there it goes on falling along a straight line.
            turned = ops.where(cosines > math.cos(math.pi - margin), turned, cosines - margin * math.sin(margin))
            cosines = ops.where(y_true > 0, turned, cosines)
        return keras.losses.categorical_crossentropy(y_true, scale * cosines, from_logits=True,
                                                     label_smoothing=smoothing)


@keras.saving.register_keras_serializable(package="imgcluster")
class OwnDistance(_Loss):
    """Half the squared distance to the own model's centre, from distances [B, C] to all centres.

    The pull of center loss (Wen et al., ECCV 2016), to be used beside a softmax, which keeps the centres apart.
    """

    def call(self, y_true, y_pred):
        return ops.sum(y_true * y_pred, axis=-1) / 2


def _pairs(y_true):
    """Return (bool [B, B]: other photos of the same model, bool [B, B]: photos of other models)."""
    same = ops.matmul(y_true, ops.transpose(y_true)) > 0.5
    return ops.logical_and(same, ops.logical_not(ops.eye(ops.shape(y_true)[0], dtype="bool"))), ops.logical_not(same)


def _squared_distances(vectors):
    """Squared distances [B, B] between vectors [B, D] of length 1: 0 to 4."""
    return ops.maximum(2 - 2 * ops.matmul(vectors, ops.transpose(vectors)), 0.0)


@keras.saving.register_keras_serializable(package="imgcluster")
class TripletLoss(_Loss):
    """A photo of the same model shall be nearer, by `margin` (squared distance), than one of another model.

    mining "semi-hard": each positive with the nearest negative farther away than it, else the farthest negative
    (Schroff et al., FaceNet, CVPR 2015). "hard": the farthest positive with the nearest negative (Hermans, Beyer &
    Leibe, In Defense of the Triplet Loss, 2017).
    """

    def __init__(self, *, mining="semi-hard", margin=0.2, **kwargs):
        super().__init__(mining=mining, margin=margin, **kwargs)

    def call(self, y_true, y_pred):
        positive, negative = _pairs(y_true)
        distances = _squared_distances(y_pred)
        usable = ops.logical_and(ops.any(positive, axis=1), ops.any(negative, axis=1))
        return ops.where(usable, (self._hard if self.options["mining"] == "hard" else self._semi_hard)(
            distances, positive, negative), 0.0)

    def _hard(self, distances, positive, negative):
        farthest = ops.max(ops.where(positive, distances, 0.0), axis=1)
        nearest = ops.min(ops.where(negative, distances, FAR), axis=1)
        return ops.relu(farthest - nearest + self.options["margin"])

    def _semi_hard(self, distances, positive, negative):
        farther = ops.logical_and(negative[:, None, :], distances[:, None, :] > distances[:, :, None])
        nearest_farther = ops.min(ops.where(farther, distances[:, None, :], FAR), axis=2)
        farthest = ops.max(ops.where(negative, distances, 0.0), axis=1)
        chosen = ops.where(ops.any(farther, axis=2), nearest_farther, farthest[:, None])
        losses = ops.relu(distances - chosen + self.options["margin"]) * ops.cast(positive, distances.dtype)
        return ops.sum(losses, axis=1) / ops.maximum(ops.sum(ops.cast(positive, distances.dtype), axis=1), 1.0)


@keras.saving.register_keras_serializable(package="imgcluster")
class SupervisedContrastiveLoss(_Loss):
    """Photos of the own model shall be the likeliest neighbours (Khosla et al., NeurIPS 2020, equation 2)."""

    def __init__(self, *, temperature=0.1, **kwargs):
        super().__init__(temperature=temperature, **kwargs)

    def call(self, y_true, y_pred):
        positive = ops.cast(_pairs(y_true)[0], y_pred.dtype)
        similarity = ops.matmul(y_pred, ops.transpose(y_pred)) / self.options["temperature"]
        others = similarity - FAR**2 * ops.eye(ops.shape(y_pred)[0], dtype=similarity.dtype)
        log_share = similarity - ops.logsumexp(others, axis=1, keepdims=True)
        return -ops.sum(positive * log_share, axis=1) / ops.maximum(ops.sum(positive, axis=1), 1.0)


@keras.saving.register_keras_serializable(package="imgcluster")
class CascadedLoss(_Loss):
    """Contrastive loss at several depths [B, K, D], each on the pairs that were hardest for the one before.

    Hard-Aware Deeply Cascaded Embedding (Yuan, Yang & Zhang, ICCV 2017): depth k looks at the share `shares[k]` of all
    pairs, those of the greatest loss at depth k - 1. Pairs of one model are pulled together, others pushed apart up to
    the squared distance `margin`; both kinds are ranked by themselves.
    """

    def __init__(self, *, shares=(1.0, 0.5, 0.2), margin=1.0, **kwargs):
        super().__init__(shares=tuple(shares), margin=margin, **kwargs)

    def call(self, y_true, y_pred):
        active, total = _pairs(y_true), 0.0
        sizes = [ops.sum(ops.cast(kind, "float32")) for kind in active]
        before = None
        for depth, share in enumerate(self.options["shares"]):
            distances = _squared_distances(y_pred[:, depth])
            losses = (distances, ops.relu(self.options["margin"] - distances))
            if before is not None:
                active = [_hardest(mask, loss, share * size) for mask, loss, size in zip(active, before, sizes)]
            total = total + sum(_per_photo(mask, loss) for mask, loss in zip(active, losses))
            before = losses
        return total / len(self.options["shares"])


def _hardest(mask, losses, count):
    """The pairs of `mask`, about `count` of them, that have the greatest losses."""
    ranked = ops.flip(ops.sort(ops.reshape(ops.where(mask, losses, -1.0), (-1,))), axis=0)
    last = ops.cast(ops.maximum(ops.ceil(count) - 1, 0), "int32")
    return ops.logical_and(mask, losses >= ops.take(ranked, last))


def _per_photo(mask, losses):
    """The mean of `losses` over the pairs of `mask`, spread over the photos [B]: their mean is that mean."""
    mask = ops.cast(mask, losses.dtype)
    scale = ops.cast(ops.shape(losses)[0], losses.dtype) / ops.maximum(ops.sum(mask), 1.0)
    return ops.sum(mask * losses, axis=1) * scale
