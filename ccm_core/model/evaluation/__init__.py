"""What rules say of it: rules, results, findings, waivers and explanations."""
