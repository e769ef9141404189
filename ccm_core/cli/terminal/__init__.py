"""What the terminal shows and asks: output, progress, prompts, exit codes."""
