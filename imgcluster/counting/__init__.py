"""The number of clusters: from the photos alone, or learned from labelled products."""
