"""What only notebooks need: a folder for each chapter, and what they share."""

# An exercise raises this until it is done: see solutions/make_chapters.py, which knows no PyTorch.
STUB = "replace this line"
