"""What the scripts share: arguments, banner, exit codes, and which steps a run takes."""
