#!/usr/bin/env python3
"""Fails when the source tree leaves the order that the design draws.

Checked in src/: a module includes and links only modules that stand before it in ORDER, and every include is covered
by the DEPS of its CMakeLists.txt; no cycle; a third-party header appears only in the modules that HOMES names; no
source file is longer than 600 lines; each module has a README.md of at most 40 lines; no two types of one namespace
have the same name (the linker would keep one's constructor for both). The same of types in test/, where each file of
tests has a namespace named as it is: a test program's files are compiled together (docs/adr/0008).

usage: structure.py [ROOT]      prints one line per finding, exit status 1 when there is one
"""
import pathlib
import re
import sys

# Dependencies point one way: a module may know those before it, never those after it (docs/design: architecture).
ORDER = ["base", "yaml", "json", "sqlite", "net", "catalog", "grid", "meter", "meter_agent", "energy", "ledger",
         "score", "fleet", "replay", "protect", "vault", "llm", "documents", "guard", "cache", "gateway_config", "gateway",
         "observe", "web", "agent", "mcp", "sim", "report", "load", "cli"]
# Folders inside a module that are modules of their own.
NESTED = {"gateway/config": "gateway_config"}
# Third-party headers (by how the include begins) and the only modules that may see them.
HOMES = {
    "boost/asio": {"net"}, "boost/beast": {"net"},
    "simdjson": {"json"},
    "sqlite3.h": {"sqlite"}, "libpq-fe.h": {"ledger"},
    "yaml.h": {"yaml"},
    "openssl/": {"net", "protect", "vault", "guard", "gateway_config", "meter_agent"},
    "CLI/": {"cli"},
    "spdlog/": {"base"},
    "argon2.h": {"protect"},
    "pugixml": {"grid"},
    "hs/": {"guard"}, "hs.h": {"guard"}, "unicode/": {"guard"},
    "coin/": {"fleet"},
    "hpdf.h": {"report"},
    "poppler/": set(), "tesseract/": set(),  # the document worker only, which is not in src/
}
MAX_LINES = 600
MAX_README = 40
SOURCE_SUFFIXES = {".h", ".cc", ".py", ".mjs", ".ts", ".svelte", ".sh", ".cmake"}
SOURCE_FOLDERS = ["src", "docworker", "test", "bench", "scripts", "cmake", "examples", "web"]
NOT_OURS = {"node_modules", "corpus", "build", "dist", "generated"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^">]+)[">]', re.M)
MODULE_CALL = re.compile(r"^[ \t]*trine_module\(\s*([a-z_0-9]+)([^)]*)\)", re.M)

NAMESPACE = re.compile(r"\s*(?:inline\s+)?namespace\b\s*([\w:]*)\s*\{")
TYPE = re.compile(r"\s*(?:struct|class|union|enum class|enum)\s+(?:alignas\([^)]*\)\s*)?([\w:]+)(?![\w:]|\s*<)[^;()]*\{")
NOT_CODE = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])+\'|//.*')


def module_of(path_in_src):
    """The module of a path below src/, such as gateway/route/route.h."""
    for folder, name in NESTED.items():
        if path_in_src.startswith(folder + "/"):
            return name
    return path_in_src.split("/")[0]


def deps_of(cmake_text):
    """{module: its DEPS} of one CMakeLists.txt."""
    found = {}
    for name, body in MODULE_CALL.findall(re.sub(r"#[^\n]*", "", cmake_text)):
        words = body.split()
        deps, taking = [], False
        for word in words:
            if word in ("SOURCES", "DEPS", "LIBS", "PUBLIC_LIBS"):
                taking = word == "DEPS"
            elif taking:
                deps.append(word)
        found[name] = deps
    return found


def closure(module, deps, seen=None):
    seen = set() if seen is None else seen
    for d in deps.get(module, []):
        if d not in seen:
            seen.add(d)
            closure(d, deps, seen)
    return seen


def cycle_through(module, deps):
    """A path module → ... → module, or None."""
    stack = [(module, [module])]
    seen = set()
    while stack:
        at, path = stack.pop()
        for d in deps.get(at, []):
            if d == module:
                return path + [d]
            if d not in seen:
                seen.add(d)
                stack.append((d, path + [d]))
    return None


def check_deps(deps):
    for module, names in sorted(deps.items()):
        if module not in ORDER:
            yield f"src: module '{module}' has no place in the order: add it to ORDER in test/structure/structure.py"
            continue
        cycle = cycle_through(module, deps)
        if cycle and module == min(cycle):
            yield f"src: the modules depend on each other in a circle: {' -> '.join(cycle)}"
        for d in names:
            if d not in deps:
                yield f"src/{module}: DEPS names '{d}', which is no module"
            elif d in ORDER and ORDER.index(d) >= ORDER.index(module):
                yield f"src/{module}: DEPS names '{d}', which stands after it in the order"


def check_includes(root, deps):
    modules = set(deps)
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        inside = path.relative_to(root / "src").as_posix()
        module = module_of(inside)
        text = path.read_text(encoding="utf-8", errors="replace")
        for match in INCLUDE.finditer(text):
            kind, name = match.groups()
            where = f"src/{inside}:{text.count(chr(10), 0, match.start()) + 1}"
            for prefix, homes in HOMES.items():
                if name.startswith(prefix) and module not in homes:
                    home = " and ".join(sorted(homes)) or "the document worker"
                    yield f"{where}: <{name}> belongs to {home} only"
            if kind == '"' and name.endswith(".cc"):
                yield f'{where}: "{name}" is no header'
            if kind != '"' or not (root / "src" / name).exists():
                continue
            other = module_of(name)
            if other == module:
                continue
            if module in ORDER and other in ORDER and ORDER.index(other) > ORDER.index(module):
                yield f'{where}: "{name}" jumps up the order: {module} stands before {other}'
            elif module in modules and other in modules and other not in closure(module, deps):
                yield f'{where}: "{name}" is included, but {other} is not among the DEPS of {module}'


def check_sizes(root):
    for folder in SOURCE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            inside = path.relative_to(root)
            if path.suffix not in SOURCE_SUFFIXES or NOT_OURS & set(inside.parts) or not path.is_file():
                continue
            lines = path.read_bytes().count(b"\n")
            if lines > MAX_LINES:
                yield f"{inside.as_posix()}: {lines} lines; {MAX_LINES} is the limit: make it two files"


def check_readmes(root, deps):
    nested = {name: folder for folder, name in NESTED.items()}
    for module in sorted(deps):
        folder = root / "src" / nested.get(module, module)
        readme = folder / "README.md"
        if not readme.is_file():
            yield f"{folder.relative_to(root).as_posix()}: has no README.md (purpose, what it offers, what it must not know)"
        elif readme.read_text(encoding="utf-8").count("\n") > MAX_README:
            yield f"{readme.relative_to(root).as_posix()}: more than {MAX_README} lines"


def types_of(text):
    """(namespace::name, line) of each type that is defined in a namespace with a name; types within types are left out."""
    depth, namespaces = 0, []
    for number, line in enumerate(text.splitlines(), 1):
        code = NOT_CODE.sub("", line)
        opened = NAMESPACE.match(code)
        if opened:
            namespaces.append((depth, opened.group(1) or None))
        defined = TYPE.match(code)
        if defined and len(namespaces) == depth and all(name for _, name in namespaces):
            yield "::".join([name for _, name in namespaces] + [defined.group(1)]), number
        depth += code.count("{") - code.count("}")
        while namespaces and depth <= namespaces[-1][0]:
            namespaces.pop()


def check_types(root):
    first = {}
    for path in sorted(p for folder in ("src", "test") for p in (root / folder).rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        for name, line in types_of(path.read_text(encoding="utf-8", errors="replace")):
            here = f"{path.relative_to(root).as_posix()}:{line}"
            if name in first:
                yield f"{here}: {name} is another type already, at {first[name]}: give one of them another name"
            first.setdefault(name, here)


def check_test_namespaces(root):
    for tier in ("unit", "property", "integration"):
        for path in sorted((root / "test" / tier).rglob("*_test.cc")):
            text = path.read_text(encoding="utf-8")
            if re.search(r"^(TEST|RC_GTEST)", text, re.M) and f"::{path.stem} {{\nnamespace {{\n" not in text:
                inside = path.relative_to(root).as_posix()
                yield f"{inside}: its tests must be in `namespace trine::...::{path.stem} {{` with `namespace {{` right inside"


def findings(root):
    root = pathlib.Path(root)
    deps = {}
    for cmake in sorted((root / "src").rglob("CMakeLists.txt")):
        deps.update(deps_of(cmake.read_text(encoding="utf-8")))
    yield from check_deps(deps)
    yield from check_includes(root, deps)
    yield from check_types(root)
    yield from check_test_namespaces(root)
    yield from check_sizes(root)
    yield from check_readmes(root, deps)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    found = list(findings(root))
    print("\n".join(found) if found else "structure: no finding")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
