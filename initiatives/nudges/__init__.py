"""Who is told or asked what, when, and in which letter: rules as data, due-ness in SQL, one collected letter a day."""
