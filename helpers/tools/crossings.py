"""Level crossings: how a changing value becomes events, in an event camera and in an ear."""

import torch


def crossings(
    reference: torch.Tensor, log: torch.Tensor, threshold: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Count the events of each place: a pixel of a camera, or a band of an ear. Up counts above 0.

    Args:
        reference: logarithm of the brightness or loudness at the last event
        log: the logarithm now, of the same shape
        threshold: the change of the logarithm that makes an event

    Returns:
        The signed numbers of events, and the new reference.
    """
    n = ((log - reference) / threshold).trunc()
    return n, reference + n * threshold
