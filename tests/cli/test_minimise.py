# SPDX-License-Identifier: Apache-2.0
"""The example of a search: each run computes less, and all find the same minimum."""

import os
import re
import subprocess
import unittest
import xml.etree.ElementTree

import support

MINIMISE = os.environ.get("LARDER_MINIMISE", "")


@unittest.skipUnless(MINIMISE, "the example is not built")
class Minimise(support.StoreCase):
    def run_it(self):
        """The numbers that one run prints: stiffness, damping, bend, misfit; computed, ..."""
        text = subprocess.run([MINIMISE, str(self.store)], check=True, timeout=200,
                              stdout=subprocess.PIPE, text=True).stdout
        first, second = text.splitlines()
        found = [float(number) for number in re.findall(r"-?\d+\.\d+", first)]
        counts = [int(number) for number in re.findall(r"\d+ (?=computed|known|estimated)", second)]
        return found, counts

    def test_each_run_needs_fewer_computations_and_finds_the_same(self):
        computed = []
        for _ in range(4):
            found, counts = self.run_it()
            for number, right in zip(found, (4.0, 0.3, 1.5)):
                self.assertAlmostEqual(number, right, delta=0.02 * right)
            computed.append(counts[0])
        self.assertLess(computed[-1], 0.7 * computed[0])
        self.assertLess(sum(computed[2:]), sum(computed[:2]))
        plot = xml.etree.ElementTree.parse(self.store / "evaluations.svg")
        columns = plot.findall("{http://www.w3.org/2000/svg}rect")
        self.assertEqual(len(columns), 3 * 4)


if __name__ == "__main__":
    unittest.main()
