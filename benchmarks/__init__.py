"""Programs that measure the product against the least that could do the same work; each prints ratios of one run."""
