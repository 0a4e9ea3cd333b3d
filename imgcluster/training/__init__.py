"""Networks trained on labelled products, or fitted to photos without labels."""
