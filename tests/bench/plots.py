"""The pictures of a report."""
import os

import matplotlib
matplotlib.use("Agg")
from matplotlib import pyplot                               # noqa: E402

from table import median, null_reader, ratio                # noqa: E402

OURS, OTHERS = "#1f6f8b", ["#b9c3c9", "#8f9ba3", "#d9a441", "#a5673f", "#7c8b5a", "#5b5b6b"]
WIDTH = 9


def colours(readers):
    others = iter(OTHERS * 2)
    return {r: OURS if r.startswith("pgwake") else next(others) for r in readers}


def grouped(axes, groups, readers, value, label, form):
    """Bars of the readers for each group; what has no value has no bar."""
    colour = colours(readers)
    width = 0.8 / len(readers)
    for k, reader in enumerate(readers):
        at = [(i + (k - (len(readers) - 1) / 2) * width, value(g, reader))
              for i, g in enumerate(groups)]
        at = [(x, y) for x, y in at if y is not None]
        bars = axes.bar([x for x, _ in at], [y for _, y in at], width * 0.95, label=reader,
                        color=colour[reader])
        axes.bar_label(bars, [form.format(y) for _, y in at], fontsize=6)
    axes.set_xticks(range(len(groups)), groups)
    axes.set_ylabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=7, ncols=len(readers), loc="upper center", bbox_to_anchor=(0.5, -0.1),
                frameon=False)


def save(figure, folder, name):
    figure.savefig(os.path.join(folder, name), dpi=110, bbox_inches="tight")
    pyplot.close(figure)
    return name


def rates(result, folder):
    """Of each case, in per cent of its pipe."""
    cases = result["cases"]

    def value(name, role):
        c = cases[name]
        reader = {"null reader": null_reader(c["readers"]), "pipe": c["reference"],
                  "pgwake": next((r for r in c["readers"] if r.startswith("pgwake")), None)}[role]
        got = ratio(c["readers"], reader, c["reference"], c["figure"])
        return None if got is None else 100 * got
    figure, axes = pyplot.subplots(figsize=(WIDTH, 3.2))
    grouped(axes, list(cases), ["null reader", "pipe", "pgwake"], value,
            "rows/s, % of the padded pipe", "{:.0f}")
    axes.axhline(95, color="#999999", linewidth=0.6, linestyle=":")
    return save(figure, folder, "rates.png")


def cpu(result, folder):
    """Seconds of a whole run, librdkafka's threads on top of the others."""
    cases = {n: c for n, c in result["cases"].items()
             if median(c["readers"], "pgwake", "cpu") is not None}
    if not cases:
        return None
    figure, axes = pyplot.subplots(figsize=(WIDTH, 3.2))
    for k, reader in enumerate([("pipe-pad", "#8f9ba3", "#c6ced3"),
                                ("pgwake", OURS, "#86bccb")]):
        name, own_colour, kafka_colour = reader
        at = [(i + (k - 0.5) * 0.36, c["readers"])
              for i, c in enumerate(cases.values()) if name in c["readers"]]
        own = [median(r, name, "cpu_own") or 0 for _, r in at]
        kafka = [median(r, name, "cpu_kafka") or 0 for _, r in at]
        x = [p for p, _ in at]
        axes.bar(x, own, 0.34, color=own_colour, label=f"{name}, own thread")
        top = axes.bar(x, kafka, 0.34, own, color=kafka_colour, label=f"{name}, librdkafka")
        axes.bar_label(top, [f"{a + b:.1f}" for a, b in zip(own, kafka)], fontsize=6)
    axes.set_xticks(range(len(cases)), list(cases))
    axes.set_ylabel("CPU seconds of a run")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=7, frameon=False)
    return save(figure, folder, "cpu.png")


def latencies(result, folder, name):
    rates_ = list(result["latency"])
    readers = list(dict.fromkeys(r for rate in rates_ for r in result["latency"][rate]))
    figure, axes = pyplot.subplots(1, 2, figsize=(WIDTH, 3))
    for axis, percentile in zip(axes, ("p50", "p99")):
        grouped(axis, [f"{int(r):,} rows/s" for r in rates_], readers,
                lambda g, r: median(result["latency"][g.split()[0].replace(",", "")], r,
                                    percentile),
                f"{percentile}, ms", "{:.1f}")
        if len(readers) > 2:
            axis.set_yscale("log")
    return save(figure, folder, name)


def compared(result, folder, name):
    """Rate, CPU and memory of all readers of the first case."""
    case = next(iter(result["cases"].values()))
    readers = [r for r in case["readers"] if median(case["readers"], r, "rate") is not None]
    figure, axes = pyplot.subplots(1, 3, figsize=(WIDTH, 0.4 * len(readers) + 1))
    figures = [("rate", "rows/s, thousands", lambda v: v / 1000, "{:.0f}"),
               ("cpu", "CPU s per 1 M rows", lambda v: v * 1e6 / case["rows"], "{:.1f}"),
               ("rss_mb", "peak memory, MB", float, "{:.0f}")]
    colour = colours(readers)
    for axis, (key, label, convert, form) in zip(axes, figures):
        values = [convert(median(case["readers"], r, key)) for r in readers]
        bars = axis.barh(readers, values, color=[colour[r] for r in readers])
        axis.bar_label(bars, [form.format(v) for v in values], fontsize=7, padding=2)
        axis.set_title(label, fontsize=9)
        axis.invert_yaxis()
        axis.margins(x=0.2)
        axis.spines[["top", "right"]].set_visible(False)
        if axis is not axes[0]:
            axis.set_yticks([])
    return save(figure, folder, name)


def draw(results, folder):
    """{suite: [(title, file)]}"""
    out = {name: [] for name in results}
    bench = results.get("bench")
    if bench and bench["cases"]:
        out["bench"].append(("rows/s of each case", rates(bench, folder)))
        out["bench"].append(("CPU seconds of each case", cpu(bench, folder)))
    for name in ("peers", "snapshot"):
        if results.get(name, {}).get("cases"):
            out[name].append(("rate, CPU and memory",
                              compared(results[name], folder, f"{name}.png")))
    for name, file in (("bench", "latency.png"), ("peers", "peers-latency.png")):
        if results.get(name, {}).get("latency"):
            out[name].append(("latency", latencies(results[name], folder, file)))
    return {k: [(t, f) for t, f in v if f] for k, v in out.items()}
