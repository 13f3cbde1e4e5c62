#!/usr/bin/env python3
"""The parts of bench/gpu that need no GPU. usage: gpu_test.py TRINE TRINE_METER PLAYED_NVML"""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN = ROOT / "bench" / "gpu" / "run"
PROGRAMS = [pathlib.Path(p) for p in sys.argv[1:4]]


def load(name, path):
    spec = importlib.util.spec_from_loader(name, importlib.machinery.SourceFileLoader(name, str(path)))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


run = load("gpu_run", RUN)
counter, meter = run.counter, run.meter


def readings(*pairs):
    c = counter.Counter()
    for seconds, joules in pairs:
        c.add(seconds, joules * 1e6)
    return c


class Windows(unittest.TestCase):
    def test_a_window_between_readings_gets_its_part_of_both_ends(self):
        c = readings((0, 1000), (1, 1100), (2, 1400), (3, 1500), (4, 1600), (5, 1700), (6, 1800), (7, 1900))
        self.assertAlmostEqual(c.joules(0.5, 6.5), 50 + 300 + 4 * 100 + 50)
        self.assertAlmostEqual(c.joules(1, 7), 800)

    def test_neighbouring_windows_add_up(self):
        c = readings(*((0.1 * i, 3 * i * i) for i in range(100)))
        self.assertAlmostEqual(c.joules(0.33, 4.21) + c.joules(4.21, 9.87), c.joules(0.33, 9.87))

    def test_a_reading_that_comes_twice_counts_once(self):
        c = readings((0, 0), (1, 100), (1, 100), (0.5, 50), (2, 200), (3, 300), (4, 400), (5, 500), (6, 600))
        self.assertEqual(len(c.times), 7)
        self.assertAlmostEqual(c.joules(0, 6), 600)

    def test_no_window_beyond_the_readings(self):
        c = readings((1, 0), (2, 100))
        for t0, t1 in ((0.5, 1.5), (1.5, 2.5), (3, 4)):
            with self.assertRaisesRegex(ValueError, "reach from 1.0 to 2.0"):
                c.joules(t0, t1)
        with self.assertRaisesRegex(ValueError, "nowhere"):
            counter.Counter().joules(0, 1)
        with self.assertRaisesRegex(ValueError, "ends after"):
            c.joules(1.5, 1.5)

    def test_no_window_over_a_pause_of_the_meter(self):
        with self.assertRaisesRegex(ValueError, "paused for 3.0 s"):
            readings((0, 0), (1, 100), (4, 400), (5, 500), (9, 900), (10, 1000)).joules(0.5, 4.5)

    def test_a_counter_that_goes_back_or_is_not_there_is_no_energy(self):
        with self.assertRaisesRegex(ValueError, "went back"):
            readings((0, 100), (1, 90))
        with self.assertRaisesRegex(ValueError, "no energy counter"):
            counter.Counter().add(0, None)


class Arithmetic(unittest.TestCase):
    def test_a_row_is_joules_over_tokens(self):
        r = counter.row(8, 4000, 10.0, 20.0, 5000.0, 100.0)
        self.assertEqual((r["watts"], r["tokens_per_second"], r["joules_per_token"], r["joules_per_token_above_idle"]), (500, 400, 1.25, 1.0))
        self.assertEqual(counter.row(8, 4000, 10.0, 20.0, 900.0, 100.0)["joules_per_token_above_idle"], 0, "idle measured a little too high")

    def test_the_fit_finds_the_curve_that_it_was_given(self):
        rows = [{"batch": b, "joules_per_token": 0.0665 + 3.163 / b} for b in (1, 8, 64, 256)]
        a, b = counter.fit(rows)
        self.assertAlmostEqual(a, 0.0665)
        self.assertAlmostEqual(b, 3.163)

    def test_the_fit_has_no_negative_part(self):
        self.assertEqual(counter.fit([{"batch": b, "joules_per_token": 3 / b**1.2} for b in (1, 8, 64)])[0], 0)
        self.assertEqual(counter.fit([{"batch": b, "joules_per_token": 1 + b / 100} for b in (1, 8, 64)])[1], 0)
        self.assertIsNone(counter.fit(rows=[{"batch": 8, "joules_per_token": 1.0}]))

    def test_agreement_is_the_median_difference_of_what_both_have(self):
        rows = [{"batch": b, "joules_per_token": j} for b, j in ((1, 1.1), (8, 2.0), (64, 1.5), (512, 9.0))]
        self.assertAlmostEqual(counter.agreement(rows, {1: 1.0, 8: 2.0, 64: 1.0}), 0.1)
        self.assertIsNone(counter.agreement(rows, {}))

    def test_the_table_puts_the_catalog_beside_it(self):
        row = counter.row(16, 1000, 0, 10, 300.0, 5.0)
        found = {"gpu": "NVIDIA H100 80GB HBM3", "date": "2026-01-01", "seconds": 10, "simulated": False, "torch": "2", "parameters": 8.03e9,
                 "context": 350, "prompt": 1024, "before_loading_watts": 60.0, "idle_watts": 110.0, "decode": [row], "prefill": [row],
                 "notes": ["A note."], "fit": None, "agreement": 0.2,
                 "catalog": {"gpu": "H100-SXM5-80GB", "method": "measured curve", "source": "s", "e_in": 0.03, "decode": {16: 0.25}}}  # fmt: skip
        text = run.table(found)
        self.assertIn("| 16 | 0.3000 | 0.2500 | 30 | 100 | 0.2500 | 1.20 |", text)
        self.assertIn("| 16 | 0.3000 | 0.2500 | 30 | 100 | 0.0300 | 10.00 |", text)
        self.assertIn("110.0 W (60.0 W before", text)
        self.assertTrue(text.endswith("A note.\n"))
        self.assertNotIn("simulated", text)
        self.assertIn("nothing to compare", run.table({**found, "catalog": None, "agreement": None}))


class Command(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.program("trine", "exit 1")

    def program(self, name, script):
        path = self.folder / name
        path.write_text("#!/bin/sh\n" + script + "\n")
        path.chmod(0o755)

    def ask(self, *words, **env):
        return subprocess.run([sys.executable, RUN, "--build", self.folder, *words], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False, env={**os.environ, **env})  # fmt: skip

    def one_gpu(self):
        page = {"devices": [{"device": "GPU-1", "boundary": "gpu", "model": "NVIDIA H100", "gpu_index": "0"}]}
        self.program("trine-meter", f"echo '{json.dumps(page)}'")

    def test_wrong_options_are_refused_with_what_is_right(self):
        self.one_gpu()
        for words, says in ((["--batches", "0"], "from 1 to 4096"), (["--batches", "8,8"], "different"), (["--prompts", "x"], "prompts"),
                            (["--seconds", "1"], "5 to 600"), (["--seconds", "nan"], "5 to 600"), (["--idle", "601"], "5 to 600"),
                            (["--context", "1"], "2 to 100000"), (["--played", "x"], "wants --out")):  # fmt: skip
            with self.subTest(words):
                ran = self.ask(*words)
                self.assertEqual(ran.returncode, 2)
                self.assertIn(says, ran.stderr)

    def test_programs_that_are_not_built_are_named(self):
        ran = self.ask()
        self.assertEqual(ran.returncode, 2)
        self.assertIn("./dev build trine trine-meter", ran.stderr)

    def test_without_a_gpu_it_says_so_and_ends_well(self):
        for script in ("exit 1", """echo '{"devices": [{"device": "cpu", "boundary": "cpu"}]}'"""):
            self.program("trine-meter", script)
            ran = self.ask()
            self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (0, "no GPU\n", ""))

    def test_a_gpu_of_another_number_is_not_taken_instead(self):
        self.one_gpu()
        ran = self.ask("--gpu", "3")
        self.assertEqual(ran.returncode, 2)
        self.assertIn("There is no GPU 3; the meter finds 0", ran.stderr)

    def test_without_torch_it_says_what_to_install(self):
        self.one_gpu()
        (self.folder / "torch.py").write_text("raise ImportError('none')\n")
        ran = self.ask(PYTHONPATH=str(self.folder))
        self.assertEqual((ran.returncode, ran.stdout), (1, ""))
        self.assertIn("pip install torch", ran.stderr)


@unittest.skipUnless(PROGRAMS and all(p.is_file() for p in PROGRAMS), "trine, trine-meter and libplayed_nvml.so are not built")
class Metered(unittest.TestCase):
    """The real agent reads a played library: one card that draws 300 W."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "gpus").write_text("GPU-0;A;clock;300000;70\nGPU-1;B;clock;90000;0\n")
        self.words, self.env = ["--rapl", "", "--nvml", str(PROGRAMS[2])], {"PLAYED_NVML": str(self.folder / "gpus")}

    def test_the_agent_finds_the_cards(self):
        found = meter.gpus(PROGRAMS[1], self.words, self.env)
        self.assertEqual([(g["device"], g["model"], g["gpu_index"]) for g in found], [("GPU-0", "A", "0"), ("GPU-1", "B", "1")])

    def test_work_is_counted_and_its_joules_are_this_cards(self):
        with meter.Agent(PROGRAMS[1], self.folder, [*self.words, "--every", "100ms"], self.env) as agent:
            gateway = meter.Gateway(agent.port)
            self.addCleanup(gateway.connection.close)
            measurement = run.Measurement(gateway, "GPU-0", 0.1)
            waits, works = [], []
            t0, t1, done, joules = measurement.over(1.0, lambda: works.append(sum(range(20_000))), lambda: waits.append(1))
            self.assertGreaterEqual(t1 - t0, 1.0)
            self.assertGreater(done, 0)
            self.assertLess(done, len(works), "warming up is not counted")
            self.assertAlmostEqual(joules / (t1 - t0), 300, delta=0.3)
            self.assertAlmostEqual(measurement.busiest, 0.7)

    def test_the_catalog_is_asked_for_what_is_measured(self):
        chosen = run.options(["--build", str(PROGRAMS[0].parent), "--batches", "8,64"])
        known = run.catalog(chosen, "NVIDIA H100 80GB HBM3")
        self.assertEqual(known["gpu"], "H100-SXM5-80GB")
        self.assertIn("measured curve", known["method"])
        # docs/accounting.md §4a: 0.0665 + 3.163/B with 0.2 prompt tokens at a quarter of B = 64.
        self.assertAlmostEqual(known["e_in"], 0.25 * (0.0665 + 3.163 / 64), delta=2e-4)
        for batch in (8, 64):
            self.assertAlmostEqual(known["decode"][batch], 0.0665 + 3.163 / batch - 0.2 * known["e_in"], delta=2e-4)
        self.assertIsNone(run.catalog(chosen, "No GPU of this name"))


class ModelOfTorch(unittest.TestCase):
    def setUp(self):
        try:
            import model
        except ImportError:
            self.skipTest("PyTorch is not installed")
        self.model = model

    def test_llama_8b_has_its_size(self):
        self.assertAlmostEqual(self.model.LLAMA_8B.parameters / 1e9, 8.03, delta=0.005)
        self.assertEqual(self.model.LLAMA_8B.kv_bytes(), 131_072)

    def test_a_step_with_a_cache_says_what_the_whole_prompt_says(self):
        import torch

        small = self.model.Model(self.model.Shape(2, 64, 4, 2, 16, 128, 256), torch.device("cpu"), torch.float32, 12)
        tokens = torch.randint(256, (3, 12))
        cache = small.cache(3, 12)
        with torch.inference_mode():
            small.prefill(tokens[:, :11], cache)
            torch.testing.assert_close(small.decode(tokens[:, 11], cache, 11), small.prefill(tokens), rtol=1e-4, atol=1e-4)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
