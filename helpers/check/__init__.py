"""What the exercises call: one line that says what is right about an answer, or what to look at."""

from helpers.check.chapter_1 import lif_step, poisson, steps_to_spike, surrogate, training_step, two_halves
from helpers.check.chapter_2 import decode, normalise, resume_command, speed_up_limit, spike_rate
from helpers.check.chapter_3 import conv_flops, faults, largest_batch, lif_backward, over_time, saved_bytes
from helpers.check.chapter_4 import average, diagnosis, efficiency, plan, serial_fraction
from helpers.check.chapter_5 import crossings, estimate, winner, xor_net, xor_spikes
from helpers.check.chapter_6 import break_even, cuba_lif_step, fan_out_map, penalised_loss, to_int8
from helpers.check.sbatch import job_script

__all__ = [
    "lif_step",
    "steps_to_spike",
    "surrogate",
    "poisson",
    "two_halves",
    "training_step",
    "normalise",
    "decode",
    "spike_rate",
    "resume_command",
    "speed_up_limit",
    "faults",
    "conv_flops",
    "over_time",
    "lif_backward",
    "saved_bytes",
    "largest_batch",
    "average",
    "plan",
    "efficiency",
    "serial_fraction",
    "job_script",
    "diagnosis",
    "estimate",
    "xor_spikes",
    "xor_net",
    "crossings",
    "winner",
    "fan_out_map",
    "break_even",
    "penalised_loss",
    "to_int8",
    "cuba_lif_step",
]
