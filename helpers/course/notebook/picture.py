"""The picture that a chapter opens with."""

from IPython.display import Image

from helpers import ASSETS


def show_picture(name: str, alt: str) -> Image:
    """Show the stored picture of what comes out of a chapter; alt: its alternative text."""
    file = ASSETS / "pictures" / f"{name}.png"
    return Image(filename=file, width=672, metadata={"alt": alt})
