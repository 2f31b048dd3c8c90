"""Runs NumPy, opt_einsum, PyTorch and TBLIS for the benchmark, one request a line.

A request is a JSON object with "op":

  hello                                 -> versions of the libraries that are here
  prepare id, setup, operands           compiles setup, which defines call() over x[0], x[1], ...
  result  id, path                      writes what call() gave, row-major, -> its shape
  time    id, calls                     -> nanoseconds of so many calls
  drop    id

The only argument is the number of threads; times of one thread are CPU time, of more wall time.
"""

import importlib
import json
import os
import resource
import sys
import time

threads = int(sys.argv[1])
# A peer that expands its operands must fail, not take the machine down.
memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
modules = {}
for name in ("numpy", "opt_einsum", "torch", "pytblis"):
    try:
        modules[name] = importlib.import_module(name)
    except Exception:  # a library that is broken is as absent as one that is missing
        pass
np = modules.get("numpy")
if "torch" in modules:
    modules["torch"].set_num_threads(threads)
    modules["torch"].set_grad_enabled(False)
if "pytblis" in modules:
    modules["pytblis"].set_num_threads(threads)
clock = time.thread_time_ns if threads == 1 else time.perf_counter_ns
jobs = {}


def hello(_):
    versions = {n: getattr(m, "__version__", "") for n, m in modules.items()}
    if "pytblis" in modules and not versions["pytblis"]:
        from importlib.metadata import version
        versions["pytblis"] = version("pytblis")
    return {"versions": versions}


def prepare(r):
    x, t = [], []
    for o in r["operands"]:
        half = o["dtype"] == "bfloat16"  # NumPy has no such type
        x.append(np.fromfile(o["path"], dtype="int16" if half else o["dtype"]).reshape(o["shape"]))
        if "torch" in modules:
            t.append(modules["torch"].from_numpy(x[-1]))
            if half:
                t[-1] = t[-1].view(modules["torch"].bfloat16)
    scope = dict(modules, np=np, x=x, t=t)
    exec(r["setup"], scope)
    jobs[r["id"]] = scope["call"]
    return {}


def result(r):
    out = jobs[r["id"]]()
    if hasattr(out, "numpy"):
        out = out.contiguous()
        if out.dtype == modules["torch"].bfloat16:
            out = out.view(modules["torch"].int16)
        out = out.numpy()
    out = np.ascontiguousarray(out)
    out.tofile(r["path"])
    return {"shape": list(out.shape)}


def measure(r):
    call = jobs[r["id"]]
    calls = range(r["calls"])
    began = clock()
    for _ in calls:
        call()
    return {"nanos": clock() - began}


def drop(r):
    jobs.pop(r["id"], None)
    return {}


ops = {"hello": hello, "prepare": prepare, "result": result, "time": measure, "drop": drop}
if threads == 1:
    os.sched_setaffinity(0, {int(sys.argv[2])})
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what libraries print must not get between the answers
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = ops[request["op"]](request)
    except (Exception, MemoryError) as e:
        answer = {"error": f"{type(e).__name__}: {e}"}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
