"""Layout of charts: positions in percent, which the templates draw as SVG."""
