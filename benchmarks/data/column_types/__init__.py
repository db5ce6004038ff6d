"""What each column of a file holds, told from all of its values, and on what ground."""
