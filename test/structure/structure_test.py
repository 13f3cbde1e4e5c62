#!/usr/bin/env python3
"""The structure check finds what it is there for, on small trees made for each case."""
import pathlib
import tempfile
import unittest

import structure


class StructureTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.module("base", deps="")
        self.module("energy", deps="base")
        self.module("ledger", deps="energy")

    def module(self, name, deps, folder=None):
        self.write(f"src/{folder or name}/CMakeLists.txt", f"trine_module({name} SOURCES a.cc DEPS {deps} LIBS fmt::fmt)\n")
        self.write(f"src/{folder or name}/README.md", "# it\n")
        self.write(f"src/{folder or name}/a.h", "#pragma once\n")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def found(self):
        return list(structure.findings(self.root))

    def test_a_tree_in_order_has_no_finding(self):
        self.write("src/ledger/a.cc", '#include "base/a.h"\n#include "energy/a.h"\n#include <xxhash.h>\n')
        self.assertEqual(self.found(), [])

    def test_an_include_up_the_order_is_found_with_its_line(self):
        self.write("src/energy/a.cc", '#include <vector>\n\n#include "ledger/a.h"\n')
        self.assertEqual(self.found(), ['src/energy/a.cc:3: "ledger/a.h" jumps up the order: energy stands before ledger'])

    def test_an_include_of_what_is_no_header_is_found(self):
        self.write("src/ledger/b.cc", '#include "ledger/a.cc"\n')
        self.assertEqual(self.found(), ['src/ledger/b.cc:1: "ledger/a.cc" is no header'])

    def test_an_include_without_a_dependency_is_found(self):
        self.module("ledger", deps="base")
        self.write("src/ledger/a.cc", '#include "energy/a.h"\n')
        self.assertEqual(self.found(), ['src/ledger/a.cc:1: "energy/a.h" is included, but energy is not among the DEPS of ledger'])

    def test_a_circle_is_found_once(self):
        self.module("base", deps="ledger")
        circles = [f for f in self.found() if "circle" in f]
        self.assertEqual(circles, ["src: the modules depend on each other in a circle: base -> ledger -> energy -> base"])

    def test_a_dependency_up_the_order_is_found(self):
        self.module("energy", deps="base ledger")
        self.module("ledger", deps="base")
        self.assertEqual(self.found(), ["src/energy: DEPS names 'ledger', which stands after it in the order"])

    def test_a_module_of_unknown_place_and_an_unknown_dependency_are_found(self):
        self.module("surprise", deps="base")
        self.module("ledger", deps="enrgy")
        self.assertEqual(len(self.found()), 2)

    def test_third_party_headers_stay_at_home(self):
        for header in ["boost/asio.hpp", "boost/beast/http.hpp", "simdjson.h", "yaml.h", "openssl/evp.h"]:
            self.write("src/ledger/a.cc", f"#include <{header}>\n")
            self.assertEqual(len(self.found()), 1, header)

    def test_a_nested_module_is_a_module_of_its_own(self):
        self.module("gateway_config", deps="base", folder="gateway/config")
        self.module("gateway", deps="gateway_config")
        self.write("src/gateway/config/a.cc", "#include <openssl/evp.h>\n")
        self.assertEqual(self.found(), [])
        self.write("src/gateway/b.cc", "#include <openssl/evp.h>\n")
        self.assertEqual(self.found(), ["src/gateway/b.cc:1: <openssl/evp.h> belongs to gateway_config and guard and meter_agent and net and protect and vault only"])

    def test_tests_without_a_namespace_of_their_own_are_found(self):
        self.write("test/unit/base/text_test.cc", "namespace trine::text_test {\nnamespace {\nTEST(Text, IsRead) {}\n")
        self.assertEqual(self.found(), [])
        self.write("test/unit/base/time_test.cc", "namespace trine {\nnamespace {\nTEST(Time, IsRead) {}\n")
        self.assertEqual([f.split(":")[0] for f in self.found()], ["test/unit/base/time_test.cc"])

    def test_two_types_of_one_name_in_one_namespace_are_found(self):
        self.write("src/base/a.h", "namespace trine::base {\nstruct Rules {\n  struct Inner {\n  };\n};\n}  // namespace\n")
        self.write("src/base/b.h", "namespace trine::base {\nnamespace {\nstruct Rules {\n};\n}\nstruct Other {\n  struct Inner {\n  };\n};\n}\n")
        self.write("src/energy/a.h", "namespace trine::energy {\nstruct Rules {\n};\n}\n")
        self.assertEqual(self.found(), [])
        self.write("src/base/c.h", "namespace trine::base {\nclass alignas(64) Rules final : public Other {\n};\n}\n")
        self.assertEqual(self.found(), ["src/base/c.h:2: trine::base::Rules is another type already, at src/base/a.h:2: give one of them another name"])

    def test_a_long_file_and_a_missing_readme_are_found(self):
        self.write("test/unit/x_test.cc", "\n" * 601)
        (self.root / "src/energy/README.md").unlink()
        self.assertEqual(len(self.found()), 2)

    def test_a_comment_in_cmake_is_not_a_dependency(self):
        self.write("src/energy/CMakeLists.txt", "trine_module(energy SOURCES a.cc  # DEPS ledger\n  DEPS base)\n")
        self.assertEqual(self.found(), [])


if __name__ == "__main__":
    unittest.main()
