"""The report of a run: one HTML file that opens from disk, holds its photos and asks nothing of any network.

`report.write_report(path, gallery)` builds it. What the page exports:

corrections.csv, what a person put right, in the order it was done. Columns `action,file,cluster,value,clustering`: the
last says which clustering the line is for (`clustering_id` in cluster_count.json; empty: the one that step 04 found
last); `cluster` is always a number of labels_pred as this run wrote it, or `new-1`, `new-2`, ... for clusters that the
first line naming them brings to life. The lines of the corrections.csv that the run found come first, also those for
other clusterings, which it left aside, so that the new file replaces it; the page counts on from the new clusters of
the others.

| action | file | cluster | value | meaning |
| --- | --- | --- | --- | --- |
| merge | | the cluster that ends | the cluster it joins | all photos now in `cluster` go to `value` |
| split | a photo | the cluster it leaves | `new-1` | the photo goes to a new cluster; lines of one value share it |
| move | a photo | the cluster it leaves | the cluster it joins, or -1 | the photo goes to a cluster, -1: to none |
| name | | the cluster | any text | what people call the cluster |

Lines are applied from top to bottom, numbers staying as they are: after `merge 3 -> 1`, a photo of the old cluster 3 is
in 1. Files are written as in img_paths.txt; UTF-8, comma, quotes as in RFC 4180.

selection.csv, photos chosen by hand: columns `file,cluster,confidence`.
"""
from imgcluster.report.build import write_report

__all__ = ["write_report"]
