STUB = "replace this line"  # what an exercise raises as it is handed out: see solutions/make_chapters.py
