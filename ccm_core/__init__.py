"""The host of ccm: plugins in, evidence kept, rules judged, reports out."""
