"""How good a network in training is: on photos of the models it learns, and on models it never sees."""
import numpy as np
import pandas as pd
from sklearn.cluster import AgglomerativeClustering

from imgcluster.metrics import clustering_scores, neighbour_agreement
from imgcluster.rows import unit_length

TOP_K = (1, 2, 3, 5)
# Ward's clusters need all distances at once: of more held-out photos than this, evenly spread ones are looked at.
MAX_CLUSTERED = 4000


def top_k_accuracy(probabilities, labels, ks=TOP_K):
    """Return {"top_1": ..., ...}: share of rows whose true class is among the k most probable ones.

    Among equal (or undefined) probabilities the true class counts as the last: a network that cannot tell scores 0.
    """
    own = probabilities[np.arange(len(labels)), labels][:, None]
    ranks = (~(probabilities < own)).sum(axis=1) - 1
    return {f"top_{k}": float((ranks < k).mean()) for k in ks}


def unseen_scores(vectors, labels):
    """Return {"recall_1", "ari"} of vectors [N, D] of photos of models that were held out of training.

    recall_1: share of photos whose nearest other photo (cosine) shows the same model. ari: adjusted Rand index of
    Ward's clusters, told how many models there are; it needs no luck of a start and shows what clustering can reach.
    """
    vectors, labels = unit_length(np.asarray(vectors, np.float32)), np.asarray(labels)
    recall = neighbour_agreement(vectors, labels, ks=(1,))["1"]
    rows = np.linspace(0, len(labels) - 1, min(len(labels), MAX_CLUSTERED)).astype(int)
    models = len(np.unique(labels[rows]))
    clusters = AgglomerativeClustering(models).fit_predict(vectors[rows])
    return {"recall_1": float(recall), "ari": float(clustering_scores(labels[rows], clusters)["ari"])}


def judge(probabilities, vectors, labels, rows):
    """Return the scores of a trained network: val_top_1 ... on `rows.val`, holdout_recall_1 and holdout_ari.

    probabilities [V, C] and vectors [H, D]: its outputs for the photos `rows.val` and `rows.holdout` (training.Rows);
    labels int [N]. Without held-out models the last two are left out.
    """
    scores = {f"val_{name}": value for name, value in top_k_accuracy(probabilities, labels[rows.val]).items()}
    if len(rows.holdout):
        scores |= {f"holdout_{name}": value for name, value in unseen_scores(vectors, labels[rows.holdout]).items()}
    return scores


def describe(scores):
    """Return one sentence for the scores of `judge`, or a row of the history."""
    text = ", ".join(f"top-{k} {scores[f'val_top_{k}']:.3f}" for k in TOP_K)
    if "holdout_ari" in scores:
        text += (f"; held-out models: recall@1 {scores['holdout_recall_1']:.3f}, "
                 f"ARI (told K) {scores['holdout_ari']:.3f}")
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
