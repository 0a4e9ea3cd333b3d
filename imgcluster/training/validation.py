"""How good a network in training is: on photos of the models it learns, and on models it never sees."""
import numpy as np
import pandas as pd
from sklearn.cluster import AgglomerativeClustering

from imgcluster.rows import unit_length
from imgcluster.scores.feature_scores import neighbour_agreement
from imgcluster.scores.metrics import clustering_scores

TOP_K = (1, 2, 3, 5)
# What the scores of `describe` mean.
MEANING = ("scores, 0 to 1: top-k, the right model is among the k most probable; on held-out models recall@1, the "
           "nearest other photo shows the same model; MAP@R, how many of a photo's nearest ones do; ARI (told K), how "
           "well clusters agree with the labels once their number is given; history.csv has all of them for each epoch")
# Held-out photos that are compared, all with all; cosines that differ by less are equal.
MAX_COMPARED, SAME = 4000, 1e-6


def top_k_accuracy(probabilities, labels, ks=TOP_K):
    """Return {"top_1": ..., ...}: share of rows, 0 to 1, whose true class is among the k most probable ones.

    probabilities: float [N, C]; labels: int [N], 0 to C - 1, N >= 1; ks: numbers of classes, each at least 1. Among
    equal (or undefined) probabilities the true class counts as the last: a network that cannot tell scores 0.
    """
    own = probabilities[np.arange(len(labels)), labels][:, None]
    ranks = (~(probabilities < own)).sum(axis=1) - 1
    return {f"top_{k}": float((ranks < k).mean()) for k in ks}


def unseen_scores(vectors, labels):
    """Return {"recall_1", "map_r", "ari"} of vectors [N, D] of photos of models that were held out of training.

    recall_1: share of photos whose nearest other photo (cosine) shows the same model. map_r: `precision_at_r`.
    ari: adjusted Rand index of Ward's clusters, told how many models there are: what clustering can reach.
    Of more than MAX_COMPARED photos, evenly spread ones are looked at.
    """
    rows = np.linspace(0, len(labels) - 1, min(len(labels), MAX_COMPARED)).astype(int)
    vectors, labels = unit_length(np.asarray(vectors, np.float32)[rows]), np.asarray(labels)[rows]
    clusters = AgglomerativeClustering(len(np.unique(labels))).fit_predict(vectors)
    return {"recall_1": float(neighbour_agreement(vectors, labels, ks=(1,))["1"]),
            "map_r": precision_at_r(vectors, labels), "ari": float(clustering_scores(labels, clusters)["ari"])}


def precision_at_r(vectors, labels):
    """Return the mean average precision at R, 0 to 1, of unit vectors [N, D]: R = other photos of the same model.

    Like recall@1 it asks for near photos of the same model, but for all R of them, so that few models and photos
    suffice to tell networks apart (Musgrave, Belongie & Lim, A Metric Learning Reality Check, ECCV 2020). Among photos
    that are equally near, those of other models count as nearer: a network that makes all alike is no good one.
    """
    labels = np.asarray(labels)
    of_model = labels[:, None] == labels
    similarity = vectors @ vectors.T
    similarity[of_model] -= SAME
    np.fill_diagonal(similarity, -np.inf)
    same = np.take_along_axis(of_model, np.argsort(-similarity, axis=1, kind="stable"), axis=1)
    ranks, others = np.arange(1, len(labels) + 1), of_model.sum(axis=1) - 1
    hits = same & (ranks <= others[:, None])
    average = (hits * np.cumsum(same, axis=1) / ranks).sum(axis=1) / np.maximum(others, 1)
    return float(average[others > 0].mean()) if (others > 0).any() else 0.0


def judge(probabilities, vectors, labels, rows):
    """Return the scores of a trained network: val_top_1 ... on `rows.val`, holdout_recall_1, _map_r and _ari.

    probabilities [V, C] and vectors [H, D]: its outputs for the photos `rows.val` and `rows.holdout` (training.Rows);
    labels int [N]. Without held-out models the last three are left out.
    """
    scores = {f"val_{name}": value for name, value in top_k_accuracy(probabilities, labels[rows.val]).items()}
    if len(rows.holdout):
        scores |= {f"holdout_{name}": value for name, value in unseen_scores(vectors, labels[rows.holdout]).items()}
    return scores


def quality(row):
    """How good the network of a history row is, higher is better: on held-out models where there are any.

    There it is MAP@R, the steadiest of their scores; else the validation loss decides.
    """
    return row["holdout_map_r"] if "holdout_map_r" in row else -row["val_loss"]


def best_row(history):
    """Return the row of the best epoch of a history (DataFrame), as a dict; its weights are the ones kept."""
    return max(history.to_dict("records"), key=quality)


def in_short(row):
    """Return in words the score of a history row that tells most: MAP@R where models are held out, else top-1."""
    if "holdout_map_r" in row:
        return f"held-out models: MAP@R {row['holdout_map_r']:.3f}"
    return f"top-1 {row['val_top_1']:.3f}"


def describe(scores):
    """Return one sentence for the scores of `judge`."""
    text = ", ".join(f"top-{k} {scores[f'val_top_{k}']:.3f}" for k in TOP_K)
    if "holdout_ari" in scores:
        text += (f"; held-out models: recall@1 {scores['holdout_recall_1']:.3f}, "
                 f"MAP@R {scores['holdout_map_r']:.3f}, ARI (told K) {scores['holdout_ari']:.3f}")
    return text


def confusions(probabilities, labels, classes):
    """Return a DataFrame of the models taken for each other, worst first: model, taken_for, photos, share.

    probabilities [N, C], labels int [N], classes: C names. share: of the model's photos.
    """
    predicted = np.asarray(probabilities).argmax(axis=1)
    sizes = np.bincount(labels, minlength=len(classes))
    pairs, counts = np.unique(np.stack([labels, predicted], axis=1)[labels != predicted], axis=0, return_counts=True)
    rows = [{"model": classes[true], "taken_for": classes[taken], "photos": int(count),
             "share": count / sizes[true]} for (true, taken), count in zip(pairs, counts)]
    table = pd.DataFrame(rows, columns=["model", "taken_for", "photos", "share"])
    return table.sort_values(["photos", "share", "model", "taken_for"], ascending=[False, False, True, True],
                             ignore_index=True)
