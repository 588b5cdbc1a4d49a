#!/usr/bin/python3
"""Runs all tests of the second implementation: selftest.py [--sodium PATH] [unittest's options]."""

import sys
import unittest

import sodium

if __name__ == "__main__":
    if "--sodium" in sys.argv:
        at = sys.argv.index("--sodium")
        sodium.use(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    import test_evidence
    import test_frames
    import test_primitives
    import test_recordings
    import test_structures

    modules = (test_primitives, test_frames, test_evidence, test_structures, test_recordings)

    def load_tests(loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: str | None) -> unittest.TestSuite:
        return unittest.TestSuite(loader.loadTestsFromModule(module) for module in modules)

    unittest.main()
