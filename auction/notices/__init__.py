"""Legal documents: wording, issue, service and proof."""
