"""A plugin that takes and gives bytes, items and progress."""

import hashlib
import itertools
import time

from polyhost_plugin import ABORTED, Plugin, PluginError

plugin = Plugin("workshop", version="1.0.0", interfaces={"Workshop": "1.0"})
runs = itertools.count(1)


@plugin.method("Workshop.Wrap")
def wrap(data, word=""):
    return {"data": word.encode() + data, "size": len(data)}


@plugin.method("Workshop.Take")
def take(call, delay=0.0, enough=0):
    digest, size = hashlib.sha256(), 0
    for block in call.items:
        digest.update(block)
        size += len(block)
        if delay:
            call.sleep(delay)
        if enough and size >= enough:
            break
    return {"size": size, "sha256": digest.hexdigest()}


@plugin.method("Workshop.Give")
def give(blocks=1, *, fails=False):
    for number in range(blocks):
        yield bytes([number % 256]) * 1000
    if fails:
        raise PluginError("Broken", "no more", code=ABORTED)
    return {"blocks": blocks}


@plugin.method("Workshop.Work")
def work(call, steps=3, delay=0.0, *, fails=False):
    run = next(runs)
    for step in range(1, steps + 1):
        call.progress(step, steps, f"step {step}")
        time.sleep(delay)
    if fails:
        raise PluginError("Broken", "as it was to be", code=ABORTED)
    return {"runs": run}


@plugin.method("Workshop.Chat")
def chat(call, least=0):
    count = 0
    for item in call.items:
        count += 1
        if item["number"] >= least:
            yield {"double": item["number"] * 2}
    return {"count": count}


plugin.run()
