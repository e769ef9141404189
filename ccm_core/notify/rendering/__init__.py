"""Messages as services take them: text, Markdown, HTML, Slack's blocks, cards for Teams."""
