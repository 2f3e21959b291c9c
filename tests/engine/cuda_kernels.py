"""Prints how many CUDA kernels torch.compile makes of the neurons, as JSON, seen without a GPU.

    python -m tests.engine.cuda_kernels 8              for so many time steps

Inductor, PyTorch's compiler, is told that there is an H100, and writes its code for it. Nothing of that is run. Triton
has to be here. What is replaced are parts of PyTorch 2.11 to 2.13.
"""

import json
import re
import sys
from types import SimpleNamespace

import torch
import torch._inductor.fx_passes.joint_graph as joint
import torch._inductor.fx_passes.post_grad as post
import torch._inductor.fx_passes.pre_grad as pre
import torch._inductor.scheduler  # has names of its own of what is replaced
from torch._dynamo.device_interface import CudaInterface
from torch._inductor import compile_fx, config
from torch._inductor.debug import DebugContext
from torch._inductor.graph import GraphLowering
from torch._inductor.runtime.hints import DeviceProperties
from torch._inductor.virtualized import V
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import ShapeEnv

from helpers.engine.kernels import li_backward, lif_backward, options, run_steps
from helpers.neuron import Constants, li_step, lif_step

PROCESSORS, REGISTERS, THREADS, WARP = 132, 65536, 2048, 32  # of an H100
LIF, LI, N = Constants(0.1, 0.2, 1.0, 0.0, 5.0), Constants(0.1, 0.2), 11520 * 64


def pretend_h100() -> None:
    """Let Inductor believe that there is one."""
    gpu = SimpleNamespace(
        name="H100", gcnArchName="", major=9, minor=0, total_memory=80 << 30, warp_size=WARP
    )
    gpu.regs_per_multiprocessor, gpu.max_threads_per_multi_processor = REGISTERS, THREADS
    gpu.L2_cache_size, gpu.shared_memory_per_block_optin, gpu.multi_processor_count = (
        50 << 20,
        232448,
        PROCESSORS,
    )
    hints = {
        "type": "cuda",
        "index": 0,
        "multi_processor_count": PROCESSORS,
        "cc": 90,
        "major": 9,
        "warp_size": WARP,
    }
    hints |= {"regs_per_multiprocessor": REGISTERS, "max_threads_per_multi_processor": THREADS}
    DeviceProperties.create = classmethod(lambda cls, device: DeviceProperties(**hints))
    torch.cuda.get_device_properties = lambda *_, **__: gpu
    torch.cuda.get_device_capability = lambda *_, **__: (9, 0)
    torch.cuda.current_device, torch.cuda.device_count = lambda: 0, lambda: 1
    CudaInterface.get_device_properties = CudaInterface.Worker.get_device_properties = staticmethod(
        lambda d=None: gpu
    )
    # else a build of PyTorch for CUDA looks for a driver
    torch._subclasses.fake_tensor.init_gpu_context = lambda device: None
    torch.cuda.is_available = lambda: False
    CudaInterface.is_bf16_supported = staticmethod(lambda including_emulation=False: True)
    CudaInterface.current_device, CudaInterface.is_available = (
        staticmethod(lambda: 0),
        staticmethod(lambda: True),
    )
    for module in [
        m for m in sys.modules.values() if str(getattr(m, "__name__", "")).startswith("torch")
    ]:
        for name, value in (("has_triton", True), ("triton_hash_with_backend", "")):
            if name in vars(module):
                setattr(module, name, lambda *_, value=value, **__: value)
    for module in (joint, post, pre):
        module.lazy_init = lambda *_, **__: None
    joint.constant_fold_uniform_value = lambda graph: None


def launches(function, *tensors, **constants) -> int:
    """Launches of kernels in the code that Inductor writes for a function."""
    written = []

    def write(graph, inputs, **_):
        fake = torch._guards.detect_fake_mode(inputs)
        with V.set_fake_mode(fake):
            post.post_grad_passes(graph, True)
            compile_fx.record_original_output_strides(graph)
            torch.cuda.is_available = lambda: True
            lowered = GraphLowering(graph, example_inputs=inputs, shape_env=fake.shape_env)
            with V.set_graph_handler(lowered), V.set_debug_handler(DebugContext()):
                lowered.run(*inputs)
                code, _ = lowered.codegen()
        torch.cuda.is_available = lambda: False
        written.append(getattr(code, "value", code))
        return lambda *_: sys.exit("this code is not to be run")

    def backend(graph, inputs):
        with config.patch({**options("cuda"), "fx_graph_cache": False}):
            return compile_fx.compile_fx(graph, inputs, inner_compile=write)

    torch._dynamo.reset()
    for tensor in tensors:
        torch._dynamo.maybe_mark_dynamic(tensor, tensor.dim() - 1)
    try:
        torch.compile(function, backend=backend, dynamic=False)(*tensors, **constants)
    except SystemExit:
        (code,) = written
        return len(re.findall(r"triton_\w+\.run\(", code))


def main() -> None:
    torch.set_num_threads(1)
    pretend_h100()
    steps = int(sys.argv[1])
    with FakeTensorMode(shape_env=ShapeEnv(), allow_non_fake_inputs=True):
        v, i, one = torch.empty(3, N, device="cuda").unbind(0)
        x, dz = torch.empty(2, steps, N, device="cuda").unbind(0)
        kept = torch.empty(steps, N, device="cuda").unbind(0)
        rest = {"keep": True, "seq_length": steps, "dtype": torch.float32}
        lif, li = {**rest, "step": lif_step, "p": LIF}, {**rest, "step": li_step, "p": LI}
        back, constant = {"is_constant": False, "p": LIF}, {"is_constant": True, "p": LIF}
        found = {
            "LIF": launches(run_steps, x, v, i, **lif),
            "LIF, constant current": launches(run_steps, one, v, i, **lif),
            "LIF backward": launches(lif_backward, dz, v, i, *kept, **back),
            "LIF backward, constant current": launches(lif_backward, dz, v, i, *kept, **constant),
            "LI": launches(run_steps, x, v, i, **li),
            "LI backward": launches(li_backward, dz, v, i, is_constant=False, p=LI),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
