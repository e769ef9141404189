"""Charts as SVG: timelines and histograms."""
