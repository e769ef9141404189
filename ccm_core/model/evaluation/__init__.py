"""Rules, results, evaluations, findings, waivers and explanations."""
