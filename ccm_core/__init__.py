"""The host of ccm: plugins in, evidence stored, rules evaluated, reports written."""
