"""Price again, or attribute again, what happened long ago: previewed, on record, undoable."""
