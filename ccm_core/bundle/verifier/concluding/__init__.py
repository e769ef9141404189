"""What contents prove of a period: kinds, controls, and the gaps in the evidence of both."""
