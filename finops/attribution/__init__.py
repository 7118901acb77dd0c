"""Who a call was for: its own fields first, then ordered, dated rules, else unallocated."""
