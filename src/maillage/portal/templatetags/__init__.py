"""Template tags and filters of the portal: the French writing of facts, and the page components."""
